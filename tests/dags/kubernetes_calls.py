"""Run by Airflow's Python: what the Spark job asks of Kubernetes, from its submission to its cancellation.

Arguments: the URL of a pretended API server, a file of YAML with the SparkApplication, a namespace. Prints where one
part ends.
"""

# ruff: noqa: T201 - the test reads what it prints

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger
from airflow.sdk.exceptions import TaskDeferred

url, application, namespace = sys.argv[1:]
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "it",
    "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    "clusters": [{"name": "it", "cluster": {"server": url}}],
    "users": [{"name": "it", "user": {}}],
}


def submit() -> tuple[SparkKubernetesOperator, KubernetesPodTrigger]:
    """What a worker does until the task is deferred."""
    file = Path("kubeconfig")
    file.write_text(yaml.safe_dump(KUBECONFIG), encoding="utf-8")
    operator = SparkKubernetesOperator(
        task_id="job", name="job", namespace=namespace, application_file=application, config_file=str(file),
        deferrable=True, random_name_suffix=False,
    )  # fmt: skip
    instance = SimpleNamespace(
        dag_id="dag", task_id="job", run_id="run", map_index=-1, try_number=1, xcom_push=lambda **_: None
    )
    context: Any = {"ti": instance, "task_instance": instance, "run_id": "run", "dag": SimpleNamespace()}
    try:
        operator.execute(context)
    except TaskDeferred as deferred:
        return operator, deferred.trigger
    raise AssertionError("the task was not deferred")


async def cancelled(trigger: KubernetesPodTrigger) -> None:
    """What a triggerer does with a trigger whose task is cancelled."""

    async def yes() -> bool:
        return True

    trigger.safe_to_cancel = yes
    waiting = asyncio.ensure_future(anext(trigger.run()))
    await asyncio.sleep(3)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await trigger.cleanup()  # before Airflow 3.3
    await trigger.on_kill()  # since then


operator, trigger = submit()
print("SUBMITTED", flush=True)
given = {"config_dict": KUBECONFIG, "trigger_start_time": dt.datetime.now(dt.UTC)}
asyncio.run(cancelled(KubernetesPodTrigger(**trigger.serialize()[1] | given)))
print("CANCELLED", flush=True)
operator.on_kill()
