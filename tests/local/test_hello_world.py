"""The sample DAG runs green on the platform's own configuration, seen through Airflow's REST API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from ops.airflow_api import AirflowError
from tests.local.conftest import WAITING, Running, sql

# With pytest-xdist, one process has them all: each would start a platform of its own.
pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

HELLO = "hello_world_scheduled_dag"
TASKS = ("say_hello", "check_greeting")
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def run_id(running: Running) -> str:
    """A run that was triggered, when it is over."""
    run_id = trigger(running, HELLO)
    wait_until(lambda: running.api.run_state(HELLO, run_id) in ("success", "failed"))
    return run_id


@pytest.fixture(scope="module")
def waiting_id(running: Running) -> str:
    """A run whose task is in the middle of it."""
    run_id = trigger(running, WAITING)
    wait_until(lambda: any(task["state"] == "running" for task in running.api.task_instances(WAITING, run_id)))
    return run_id


def trigger(running: Running, dag_id: str) -> str:
    wait_until(lambda: is_there(running, dag_id))
    running.api.pause(dag_id, paused=False)
    return running.api.trigger(dag_id, note="a test")


def is_there(running: Running, dag_id: str) -> bool:
    try:
        running.api.dag(dag_id)
    except AirflowError:
        return False
    return True


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@pytest.mark.usefixtures("run_id")
def test_no_dag_file_is_broken(running: Running) -> None:
    assert running.api.import_errors() == []


def test_the_run_is_green(running: Running, run_id: str) -> None:
    assert running.api.run_state(HELLO, run_id) == "success"
    states = {task["task_id"]: task["state"] for task in running.api.task_instances(HELLO, run_id)}
    assert states == dict.fromkeys(TASKS, "success")


def test_its_log_is_readable(running: Running, run_id: str) -> None:
    text = json.dumps(running.api.log(HELLO, run_id, "say_hello", 1))
    assert f"Hello, world! This is run {run_id}" in text
    assert "Could not read" not in text


def test_the_log_of_a_task_that_runs_is_readable(running: Running, waiting_id: str) -> None:
    def text() -> str:
        return json.dumps(running.api.log(WAITING, waiting_id, "wait", 1))

    wait_until(lambda: '"waiting"' in text())
    assert "Could not read" not in text()
    assert running.api.run_state(WAITING, waiting_id) == "running"
    (running.folder.path / f"go-{WAITING}").touch()
    wait_until(lambda: running.api.run_state(WAITING, waiting_id) == "success")


@pytest.mark.usefixtures("run_id")
def test_a_celery_worker_ran_it(full: Running) -> None:
    results = full.secret("airflow-result-backend-connection", "connection").removeprefix("db+")
    through_pooler = results.replace("airflow-pgbouncer.airflow:6543", f"127.0.0.1:{full.ports.pooler}")
    done = "SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'"
    # The worker says so to Airflow first, and to the result backend after it.
    wait_until(lambda: int(sql(through_pooler, done)[0]) >= len(TASKS))
    log = full.folder.log("worker").read_text()
    assert f"redis://:**@127.0.0.1:{full.ports.broker}/0" in log
    assert log.count("execute_workload[") >= len(TASKS)


@pytest.mark.usefixtures("run_id")
def test_no_process_complains_of_its_configuration(running: Running) -> None:
    complaints = [
        f"{log.stem}: {line}"
        for log in running.folder.log("*").parent.glob("*.log")
        for line in log.read_text(errors="replace").splitlines()
        if "No visibility_timeout" in line or "DeprecationWarning" in line or "FutureWarning" in line
        # Starlette's are about how Airflow's own servers are written, and nothing that is configured.
        if "StarletteDeprecationWarning" not in line
    ]
    assert complaints == []
