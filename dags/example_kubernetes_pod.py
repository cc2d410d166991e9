"""Runs a program in a pod of its own: an image and a command, and nothing else.

Where the pod runs, as whom, and with how much memory is the platform's to say (docs/task-pods.md); a task says what it
wants otherwise. Any image for arm64 will do. This one is Airflow's own, because every deployment can pull it: the
variable `task_pods` has its name. Where task pods are switched off, that variable is missing, and a run says so.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG

with DAG(
    dag_id="example_kubernetes_pod",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(hours=1)},
    tags=["example", "kubernetes"],
    doc_md=__doc__,
):
    KubernetesPodOperator(
        task_id="say_hello",
        image="{{ var.json.task_pods.image }}",
        cmds=["python", "-c", "import platform; print(f'Hello from the pod {platform.node()}!')"],
    )
