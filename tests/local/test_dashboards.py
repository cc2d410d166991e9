"""The boards' queries, asked of Prometheus itself: promtool, on PATH or where PROMTOOL says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from charts.dashboards.board import PROMETHEUS
from tests.charts.test_dashboards import BOARDS, panels, targets, variables
from tests.support import promql

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def promtool() -> str:
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool, neither on PATH nor where PROMTOOL says")
    return found


def test_prometheus_itself_takes_every_query(promtool: str, tmp_path: Path) -> None:
    rules = [
        {
            "record": f"board:{number}",
            "expr": str(promql.parse(parameter.values[1]["expr"], variables(parameter.values[0])).prettify()),
        }
        for number, parameter in enumerate(targets(PROMETHEUS))
    ]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "boards", "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(rules)} rules found" in done.stdout


# Series of three minutes, and what panels that join several of them show then.
SERIES = {
    'kube_deployment_status_replicas{namespace="airflow", deployment="airflow-worker-main", pod="ksm"}': "8x3",
    'kube_horizontalpodautoscaler_spec_max_replicas{namespace="airflow", pod="ksm", '
    'horizontalpodautoscaler="keda-hpa-airflow-worker-main"}': "10x3",
    'node_total_hourly_cost{node="a", instance_type="m7g.large"}': "0.5x3",
    'node_total_hourly_cost{node="b", instance_type="m7g.large"}': "0.1x3",
    'kube_node_labels{node="a", label_airflow_eks_pool="system"}': "1x3",
    'kube_node_labels{node="b", label_airflow_eks_pool="airflow-workers", '
    'label_karpenter_sh_capacity_type="spot"}': "1x3",
    'node_cpu_hourly_cost{node="b"}': "0.02x3",
    'node_ram_hourly_cost{node="b"}': "0.003x3",
    'container_cpu_allocation{node="b", exported_namespace="airflow", exported_pod="w", exported_container="c"}': "2x3",
    'container_memory_allocation_bytes{node="b", exported_namespace="airflow", exported_pod="w"}': f"{4 * 1024**3}x3",
    'container_memory_working_set_bytes{namespace="airflow", pod="airflow-worker-main-1", '
    'container="worker", id="x"}': "3x3",
    'kube_pod_container_resource_limits{namespace="airflow", pod="airflow-worker-main-1", container="worker", '
    'resource="memory", unit="byte"}': "4x3",
    'airflow_ti_failures_total{dag_id="d", task_id="t"}': "0+1x3",
}
SHOWN = {
    "Most full set of workers": [("{}", 0.8)],
    "On spot nodes": [("{}", 1 / 6)],
    "Nodes, an hour": [('{label_airflow_eks_pool="system"}', 0.5), ('{label_airflow_eks_pool="airflow-workers"}', 0.1)],
    "Pods, an hour": [('{exported_namespace="airflow"}', 2 * 0.02 + 4 * 0.003)],
    "Memory of the limit": [('{pod="airflow-worker-main-1"}', 0.75)],
    # Of a DAG's own runs: none has ended.
    "Runs that succeeded": [],
    "Failed of all tasks, 1 hour": [("{}", 1)],
}


def test_panels_that_join_series_show_what_they_say(promtool: str, tmp_path: Path) -> None:
    asked = {
        panel["title"]: promql.parse(panel["targets"][0]["expr"], variables(name)).prettify()
        for name in BOARDS
        for panel in panels(name)
        if panel["title"] in SHOWN
    }
    assert set(asked) == set(SHOWN)
    expected = [
        {
            "expr": asked[title],
            "eval_time": "3m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples],
        }
        for title, samples in SHOWN.items()
    ]
    series = [{"series": name, "values": values} for name, values in SERIES.items()]
    file = tmp_path / "test.json"
    file.write_text(
        json.dumps(
            {"fuzzy_compare": True, "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": expected}]}
        )
    )
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
