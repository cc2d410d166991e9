"""A task that runs for two minutes and says so each second, and one that is deferred as long: their logs are read."""

from __future__ import annotations

import time
from datetime import timedelta

import pendulum
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensorAsync
from airflow.sdk import dag, task

SECONDS = 120


@task
def runs() -> None:
    """Say how long it has run."""
    for second in range(SECONDS):
        print(f"second {second}", flush=True)  # noqa: T201 - this is the log
        time.sleep(1)


@dag(
    dag_id="running_and_deferred",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["test"],
    doc_md=__doc__,
)
def running_and_deferred() -> None:
    """Both at once."""
    runs()
    TimeDeltaSensorAsync(task_id="is_deferred", delta=timedelta(seconds=SECONDS))


running_and_deferred()
