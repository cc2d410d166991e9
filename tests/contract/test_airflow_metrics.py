"""The list of Airflow's metrics is Airflow's own: each that the pinned version sends is in it, as what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from charts.airflow.metrics import airflow_metrics, relabelings, statsd_mappings
from tests.support.airflow_metrics import airflow_list, example, listed, tags_of

# Of executors, and of a lineage, that this deployment does not have.
ELSEWHERE = re.compile(
    r"(edge_worker|edge_executor|kubernetes_executor|batch_executor|ecs_executor|lambda_executor|ol)\."
)
METRICS = airflow_metrics()


@pytest.fixture(scope="module")
def sent() -> list[Mapping[str, Any]]:
    return [each for each in airflow_list() if not ELSEWHERE.match(each["name"])]


def dropped(name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in METRICS.drop)


def test_what_airflow_sends_is_in_the_list_once_and_nothing_else(sent: list[Mapping[str, Any]]) -> None:
    names = [example(each)[0] for each in sent]
    assert not [name for name in names if len(listed(name)) + dropped(name) != 1]
    assert not [each.statsd for each in METRICS.metrics if not any(each in listed(name) for name in names)]


def test_kinds_and_labels_are_airflows(sent: list[Mapping[str, Any]]) -> None:
    for each in sent:
        name = example(each)[0]
        for metric in listed(name):
            assert metric.type == each["type"], name
            shown = set(tags_of(metric)) | set(metric.hide)
            # Airflow leaves ids of jobs out by itself; of executors and of files it has other tags.
            expected = set(each["name_variables"]) - {"job_id", "executor_class_name", "dag_file"}
            assert metric.is_pattern or expected <= shown, name


def test_names_are_as_prometheus_has_them() -> None:
    names = [each.name for each in METRICS.metrics]
    assert len(names) - len(set(names)) == 0
    for metric in METRICS.metrics:
        assert metric.name.startswith("airflow_")
        assert metric.name.endswith("_total") == (metric.type == "counter"), metric.name
        assert bool(metric.buckets) == (metric.type == "timer"), metric.name
        assert metric.type != "timer" or metric.name.endswith("_seconds"), metric.name


def test_what_belongs_to_a_dag_or_a_pod_goes_with_it_and_nothing_else_does() -> None:
    by_name = {each["name"]: each for each in statsd_mappings()}
    for metric in METRICS.metrics:
        assert ("ttl" in by_name[metric.name]) == bool(metric.labels), metric.name
    assert "ttl" not in by_name["airflow_scheduler_heartbeat_total"]
    assert "ttl" not in by_name["airflow_dag_processing_import_errors"]


def test_no_tag_stays_beside_the_label_that_it_becomes() -> None:
    *kept, labeldrop = relabelings()
    for rule in kept:
        tag = rule["sourceLabels"][1]
        assert re.fullmatch(labeldrop["regex"], tag)
        assert not re.fullmatch(labeldrop["regex"], rule["targetLabel"])
