"""Run by Airflow's Python: a Celery worker with Airflow's configuration, whose tasks only write down that they ran.

Its argument is the file that they write into.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.providers.celery.executors.celery_executor_utils import app

file = Path(sys.argv[1])


def run(input: str) -> None:  # noqa: A002 - the name that the executor gives it
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.loads(input)["ti"]["task_id"] + "\n")


app.tasks.pop("execute_workload")
app.task(name="execute_workload")(run)
# As `airflow celery worker` starts it.
app.worker_main(["worker", "-O", "fair", "--queues", "default", "--concurrency", "2", "--loglevel", "INFO"])
