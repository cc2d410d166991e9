"""DAGs on a real cluster: samples succeed, logs are read while a task runs, workers come and go with work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster import airflow as af
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.cluster import Cluster
from tests.cluster.dag_repository import push_dags
from tests.cluster.images import needs_image
from tests.cluster.losses import until
from tests.cluster.platform import Platform

DAG, MANY = "running_and_deferred", "many_short_tasks"
COUNT, SECONDS = 200, 180
_FOLDER = Path(__file__).parent / "dags"
_BEGIN_SECONDS, _LOG_SECONDS, _MANY_SECONDS = 300, 90, 1200
# KEDA waits five minutes before the last worker goes, which may then end in peace.
_GONE_SECONDS = 900

Record = Callable[[str, object], None]


@pytest.fixture(scope="module", autouse=True)
def dags(cluster: Cluster, platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> None:
    """DAGs of these tests, pushed as a user would."""
    files = [_FOLDER / f"{name}.py" for name in (DAG, MANY)]
    push_dags(
        {file.name: file for file in files},
        url=platform.outputs["DagRepositoryUrl"],
        folder=tmp_path_factory.mktemp("dags") / "clone",
        address=cluster.host,
        certificate=cluster.certificate,
    )


@pytest.fixture(scope="module")
def under_way(airflow: ClusterAirflow) -> str:
    """A run whose first task runs, and whose second is deferred."""
    run_id = af.trigger(airflow, DAG)

    def begun() -> bool:
        found = af.states(airflow, DAG, run_id)
        assert "failed" not in found.values(), found
        return found == {"runs": "running", "is_deferred": "deferred"}

    until(begun, seconds=_BEGIN_SECONDS, what="a running and a deferred task")
    return run_id


def lines(airflow: ClusterAirflow, run_id: str, task: str) -> list[str]:
    return af.log(airflow, DAG, run_id, task)


def test_the_log_of_a_running_task(airflow: ClusterAirflow, under_way: str) -> None:
    """It is read from the worker, while it is written."""

    def said() -> bool:
        return any(line.startswith("second ") for line in lines(airflow, under_way, "runs"))

    until(said, seconds=_LOG_SECONDS, what="a line of the task that runs")
    assert af.states(airflow, DAG, under_way)["runs"] == "running", "its log came when it had ended"


def test_the_log_of_a_deferred_task(airflow: ClusterAirflow, under_way: str) -> None:
    """It is read from the triggerer, which waits in the task's place."""

    def said() -> bool:
        return any("sleeping" in line or "trigger" in line.lower() for line in lines(airflow, under_way, "is_deferred"))

    until(said, seconds=_LOG_SECONDS, what="a line of the trigger")
    assert af.states(airflow, DAG, under_way)["is_deferred"] == "deferred", "its log came when it had ended"


def test_the_log_of_a_task_that_has_ended(airflow: ClusterAirflow, under_way: str) -> None:
    """It is read from Amazon S3, whole. The worker brings it there after it has said that the task has ended."""
    assert af.wait(airflow, DAG, under_way) == "success", af.states(airflow, DAG, under_way)

    def is_in_s3() -> bool:
        return any("s3://" in line for line in lines(airflow, under_way, "runs"))

    until(is_in_s3, seconds=_LOG_SECONDS, what="the log in Amazon S3")
    found = lines(airflow, under_way, "runs")
    assert [line for line in found if line.startswith("second ")] == [f"second {number}" for number in range(SECONDS)]


def test_hello_world(airflow: ClusterAirflow) -> None:
    af.run(airflow, "hello_world_scheduled_dag")


def test_a_pod_of_a_task(airflow: ClusterAirflow) -> None:
    af.run(airflow, "example_kubernetes_pod", seconds=900)


@needs_image("spark", "spark-operator")
def test_a_spark_job(airflow: ClusterAirflow) -> None:
    run_id = af.run(airflow, "example_pyspark_pi_job", seconds=1500)
    text = "\n".join(af.log(airflow, "example_pyspark_pi_job", run_id, "calculate_pi"))
    assert "Pi is roughly 3.1" in text, text[-2000:]


def test_workers_come_with_work_and_no_task_is_lost(
    platform: Platform, airflow: ClusterAirflow, record_property: Record
) -> None:
    """From none: with work for more than one worker there are more, and each task runs once."""
    until(lambda: workers(platform) == 0, seconds=_GONE_SECONDS, what="no worker, without work")
    started = time.monotonic()
    run_id = af.trigger(airflow, MANY)
    most = 0

    def over() -> bool:
        nonlocal most
        most = max(most, workers(platform))
        return airflow.run_state(MANY, run_id) in af.OVER

    until(over, seconds=_MANY_SECONDS, what=f"the end of {MANY}")
    record_property("seconds", round(time.monotonic() - started))
    record_property("workers at most", most)
    found = airflow.task_instances(MANY, run_id)
    wrong = {each["map_index"]: (each["state"], each["try_number"]) for each in found if each["state"] != "success"}
    assert len(found) == COUNT
    assert wrong == {}
    assert {each["try_number"] for each in found} == {1}, "a task was lost and tried again"
    assert most >= 1


def test_workers_go_when_there_is_no_work(platform: Platform, record_property: Record) -> None:
    seconds = until(lambda: workers(platform) == 0, seconds=_GONE_SECONDS, what="no worker, after the last task")
    record_property("seconds until the last worker was gone", round(seconds))


def workers(platform: Platform) -> int:
    """How many there are, those that still end their tasks included."""
    pods = platform.kube.core.list_namespaced_pod(platform.namespace, label_selector="component=worker").items
    return len(pods)
