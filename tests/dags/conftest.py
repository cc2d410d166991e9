"""One run of the real Airflow over `dags/`, whose findings every test here reads.

Airflow needs some seconds to start and pins hundreds of packages, so it lives in a virtual environment of its own and
is started once, with a database that exists only for this run.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from charts.airflow.spark_variable import spark_environment
from settings import Registry, build_settings

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"

# Runs on the Python of `.venv-airflow`. Its argument is the file for the findings: Airflow logs to both streams.
PROBE = """
import functools, importlib.metadata, json, pathlib, sys

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.execution_time import supervisor
from airflow.utils.db import initdb

sys.dont_write_bytecode = True  # dags/ is shipped as it lies there
# `test` would build the API that tasks talk to anew for each task, at two seconds apiece.
supervisor.in_process_api_server = functools.cache(supervisor.in_process_api_server)
initdb()
bag = DagBag()
report = {
    "version": importlib.metadata.version("apache-airflow"),
    "import_errors": bag.import_errors,
    "warnings": {file: list(found) for file, found in bag.captured_warnings.items()},
    "dags": {
        dag.dag_id: {
            "file": pathlib.Path(dag.fileloc).name,
            "schedule": dag.schedule,
            "catchup": dag.catchup,
            "tags": sorted(dag.tags),
            "documented": bool(dag.doc_md),
            "tasks": {
                task.task_id: {"downstream": sorted(task.downstream_task_ids), "retries": task.retries}
                for task in dag.tasks
            },
        }
        for dag in bag.dags.values()
    },
    "runs": {},
    "rendered": {},
}
hello = bag.dags.get("hello_world_scheduled_dag")
if hello:
    # The run without a date comes first: before it starts, `test` clears all runs that fit, and to no date all do.
    for name, options in {"triggered": {"logical_date": None}, "scheduled": {}}.items():
        run = hello.test(**options)
        report["runs"][name] = {
            "state": run.state,
            "logical_date": str(run.logical_date),
            "tasks": {instance.task_id: instance.state for instance in run.get_task_instances()},
        }
pi = bag.dags.get("example_pyspark_pi_job")
if pi:
    from airflow.sdk.execution_time.context import VariableAccessor

    task = pi.get_task("calculate_pi")
    params = {name: param["value"] if isinstance(param, dict) else param for name, param in pi.params.dump().items()}
    context = {"params": params, "var": {"json": VariableAccessor(deserialize_json=True)}}
    task.render_template_fields(context)
    report["rendered"]["calculate_pi"] = {
        "namespace": task.namespace,
        "application": task.template_body["spark"],
        "deferrable": task.deferrable,
        "connection": task.kubernetes_conn_id,
    }
pathlib.Path(sys.argv[1]).write_text(json.dumps(report, default=str))
"""


def spark_variable() -> list[dict[str, str]]:
    """What the deployment gives the DAGs."""
    settings = build_settings({})
    registry = Registry(settings=settings, account="123456789012")
    return spark_environment(spark=settings.spark, registry=registry, region=settings.region, bucket="spark-bucket")


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Report what Airflow found: its version, the DAGs, their import errors, and the runs of the hello-world DAG."""
    if not AIRFLOW_PYTHON.exists():
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    home = tmp_path_factory.mktemp("airflow")
    findings = home / "findings.json"
    # Settings of a person's own Airflow must not leak in.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        **{entry["name"]: entry["value"] for entry in spark_variable()},
    }
    command = [str(AIRFLOW_PYTHON), "-c", PROBE, str(findings)]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0 or not findings.exists():
        pytest.fail(
            f"Airflow ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}", pytrace=False
        )
    report: dict[str, Any] = json.loads(findings.read_text())
    return report
