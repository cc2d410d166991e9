"""How Airflow's processes bear a queue that goes away for a while, as it does when a replica takes over.

docs/resilience.md says what was measured. Three layers have a say:

- Airflow gives each publication a second (``operation_timeout``), cuts it off with a signal, and then publishes the
  task again in the scheduler's next round. Any other error fails the task, and with it one of its tries.
- Celery repeats what is refused. By itself it gives up within that second, so that a refused connection was an error.
- kombu connects, within limits of its own. They hold where the signal comes to nothing, which happens: Python
  swallows what is raised within a destructor.
"""

from __future__ import annotations

import json
from typing import Any

from charts.airflow import secrets

Config = dict[str, dict[str, str]]

_EVERY_SECONDS = 0.2
# Longer than a failover, and shorter than what makes Kubernetes end a scheduler that says nothing: five minutes.
_CONNECT_SECONDS = 240
# A host that is gone without a word would otherwise be waited for until the kernel gives up: a quarter of an hour.
_READ_SECONDS = 30
_HANDSHAKE_SECONDS = 10


# By itself the chart gives it to every container of Airflow's.
NOT_FOR_ALL = {"AIRFLOW__CELERY__BROKER_URL": False}


def queue_environment() -> list[dict[str, Any]]:
    """The queue's address with its token: for schedulers and workers alone.

    Workers run what they find in the queue, so that whoever writes to it runs code on them (CVE-2026-68982, before
    Airflow 3.4). API servers, triggerers and the DAG processor have nothing to do there.
    """
    source = {"secretKeyRef": {"name": secrets.BROKER, "key": "connection"}}
    return [{"name": name, "valueFrom": source} for name in NOT_FOR_ALL]


def queue_config(*, longest_task_hours: int, queued_timeout_seconds: int) -> Config:
    """Sections of airflow.cfg. ``queued_timeout_seconds`` is how long a task may be queued at all."""
    repeat = {
        # Without end, so that it is always the signal that ends it.
        "max_retries": None,
        "interval_start": _EVERY_SECONDS,
        "interval_step": _EVERY_SECONDS,
        "interval_max": _EVERY_SECONDS,
    }
    return {
        "celery": {
            "extra_celery_config": json.dumps({"task_publish_retry_policy": repeat}),
            # A round takes longer than a second: the queue's own timeout comes before the last of them.
            "task_publish_max_retries": str(queued_timeout_seconds),
        },
        "celery_broker_transport_options": {
            # Celery hands a task to a second worker when the first has not acknowledged it for this long.
            "visibility_timeout": str(longest_task_hours * 60 * 60),
            "connect_retries_timeout": str(_CONNECT_SECONDS),
            "interval_start": str(_EVERY_SECONDS),
            "interval_step": str(_EVERY_SECONDS),
            "interval_max": "1",
            "socket_connect_timeout": str(_HANDSHAKE_SECONDS),
            "socket_timeout": str(_READ_SECONDS),
            "socket_keepalive": "True",
        },
    }
