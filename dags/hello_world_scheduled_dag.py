"""A first DAG: it says hello once a day, and checks that the greeting comes through the platform whole.

A green run shows that the scheduler, the queue, a worker, the shared DAG storage and the XCom table work together.
"""

from __future__ import annotations

import platform
from datetime import timedelta

import pendulum
from airflow.sdk import dag, task


@task
def say_hello(run_id: str | None = None, logical_date: pendulum.DateTime | None = None) -> dict[str, str]:
    """Greet, and say which run, day and machine the greeting comes from.

    Airflow fills in both arguments from the run. A run that somebody triggers may have no logical date.
    """
    day = logical_date.to_date_string() if logical_date else "no particular day"
    greeting = {
        "message": f"Hello, world! This is run {run_id} for {day}.",
        "run_id": str(run_id),
        "machine": platform.machine(),
        "host": platform.node(),
    }
    print(f"{greeting['message']} From {greeting['host']} ({greeting['machine']}).")
    return greeting


@task
def check_greeting(greeting: dict[str, str], run_id: str | None = None) -> None:
    """Fail unless the greeting is this run's own: another run's would mean that results get mixed up."""
    if greeting["run_id"] != run_id or str(run_id) not in greeting["message"]:
        raise ValueError(f"run {run_id} got the greeting of another run: {greeting}")
    print(f"Received from {greeting['host']}: {greeting['message']}")


@dag(
    dag_id="hello_world_scheduled_dag",
    schedule="@daily",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(minutes=5)},
    tags=["example", "hello-world"],
    doc_md=__doc__,
)
def hello_world_scheduled_dag() -> None:
    """Say hello, then check what was said."""
    check_greeting(say_hello())


hello_world_scheduled_dag()
