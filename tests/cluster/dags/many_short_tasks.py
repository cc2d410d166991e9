"""Two hundred short tasks, each of which writes into the log bucket that it began, and that it has ended.

What Airflow says of itself is one witness of what ran. The bucket is another one, which no loss of a database, a queue
or a server takes away. `tests/cluster/executions.py` reads both.
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pendulum
from airflow.configuration import conf
from airflow.sdk import dag, get_current_context, task

COUNT = 200
SECONDS = 2


# The number of tries is the platform's own (`airflow.task_retries`); Airflow would wait five minutes before the next.
@task(retry_delay=timedelta(seconds=10))
def short(number: int) -> None:
    """Say that it began, wait, and say that it has ended: an execution that was cut off has not said the second."""
    import boto3  # noqa: PLC0415 - the DAG processor reads this file too, and needs none of it

    instance = get_current_context()["ti"]
    place = urlsplit(conf.get("logging", "remote_base_log_folder"))
    # An id of its own: what ran twice under one number of a try is seen as well.
    execution = f"{instance.run_id}/{number:03}/{instance.try_number}.{uuid.uuid4().hex}"
    key = f"{place.path.strip('/')}/executions/{execution}"
    s3 = boto3.client("s3")
    s3.put_object(Bucket=place.netloc, Key=f"{key}.began", Body=os.environ.get("HOSTNAME", "").encode())
    time.sleep(SECONDS)
    s3.put_object(Bucket=place.netloc, Key=f"{key}.ended", Body=b"")


@dag(
    dag_id="many_short_tasks",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    is_paused_upon_creation=False,
    tags=["test"],
    doc_md=__doc__,
)
def many_short_tasks() -> None:
    """All at once, as many as there are workers for."""
    short.expand(number=list(range(COUNT)))


many_short_tasks()
