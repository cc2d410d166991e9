"""The samples, which began a while ago, succeed; the log of a task that has ended is read whole."""

from __future__ import annotations

from tests.cluster import airflow as af
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.images import needs_image
from tests.cluster.losses import until
from tests.cluster.samples import LOGGED, LOGGED_SECONDS, SAMPLES, SPARK

_LOG_SECONDS = 90


def test_the_log_of_a_task_that_has_ended(airflow: ClusterAirflow, under_way: str) -> None:
    """It is read from Amazon S3, whole. The worker brings it there after it has said that the task has ended."""
    assert af.wait(airflow, LOGGED, under_way) == "success", af.states(airflow, LOGGED, under_way)

    def lines() -> list[str]:
        return af.log(airflow, LOGGED, under_way, "runs")

    until(lambda: any("s3://" in line for line in lines()), seconds=_LOG_SECONDS, what="the log in Amazon S3")
    expected = [f"second {number}" for number in range(LOGGED_SECONDS)]
    assert [line for line in lines() if line.startswith("second ")] == expected


def test_hello_world(airflow: ClusterAirflow, samples: dict[str, str]) -> None:
    succeeds(airflow, samples, "hello_world_scheduled_dag")


def test_a_pod_of_a_task(airflow: ClusterAirflow, samples: dict[str, str]) -> None:
    succeeds(airflow, samples, "example_kubernetes_pod")


@needs_image(*SPARK)
def test_a_spark_job(airflow: ClusterAirflow, samples: dict[str, str]) -> None:
    run_id = succeeds(airflow, samples, "example_pyspark_pi_job")
    text = "\n".join(af.log(airflow, "example_pyspark_pi_job", run_id, "calculate_pi"))
    assert "Pi is roughly 3.1" in text, text[-2000:]


def succeeds(airflow: ClusterAirflow, samples: dict[str, str], name: str) -> str:
    """Wait for the run of a sample, which must succeed, and give its id."""
    run_id = samples[name]
    state = af.wait(airflow, name, run_id, seconds=SAMPLES[name])
    assert state == "success", f"{name} {run_id} is {state}: {af.states(airflow, name, run_id)}"
    return run_id
