"""A task that runs for two minutes and says so each second, and one that is deferred as long: their logs are read."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, dag, task

SECONDS = 120


@task
def runs() -> None:
    """Say how long it has run."""
    for second in range(SECONDS):
        print(f"second {second}", flush=True)  # noqa: T201 - this is the log
        time.sleep(1)


class Waits(BaseOperator):
    """Is deferred from when it begins. Airflow's own sensors count from the run's: a first worker may take as long."""

    def execute(self, context: Any) -> None:  # noqa: ARG002 - Airflow gives it
        """Go, and have a triggerer wait."""
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=SECONDS)), method_name="ends")

    def ends(self, context: Any, event: Any = None) -> None:
        """Nothing is left to do."""


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
    Waits(task_id="is_deferred")


running_and_deferred()
