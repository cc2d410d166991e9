"""The log of a task is read while it runs, and while it is deferred."""

from __future__ import annotations

from collections.abc import Callable

from tests.cluster import airflow as af
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.losses import until
from tests.cluster.samples import LOGGED

_LOG_SECONDS = 90


def test_the_log_of_a_running_task(airflow: ClusterAirflow, under_way: str) -> None:
    """It is read from the worker, while it is written."""
    says(airflow, under_way, "runs", lambda line: line.startswith("second "))
    assert af.states(airflow, LOGGED, under_way)["runs"] == "running", "its log came when it had ended"


def test_the_log_of_a_deferred_task(airflow: ClusterAirflow, under_way: str) -> None:
    """It is read from the triggerer, which waits in the task's place."""
    says(airflow, under_way, "is_deferred", lambda line: "sleeping" in line or "trigger" in line.lower())
    assert af.states(airflow, LOGGED, under_way)["is_deferred"] == "deferred", "its log came when it had ended"


def says(airflow: ClusterAirflow, run_id: str, task: str, wanted: Callable[[str], bool]) -> None:
    """Wait until a line of a task's log is as wanted."""
    until(
        lambda: any(wanted(line) for line in af.log(airflow, LOGGED, run_id, task)),
        seconds=_LOG_SECONDS, what=f"the log of {task}",
    )  # fmt: skip
