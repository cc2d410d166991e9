"""What Airflow is told of task pods, so that a DAG says an image and a command and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from charts.airflow import priority
from charts.airflow.pod_security import RESTRICTED_CONTAINER
from charts.placement import TASK_PODS_POOL, node_selector, resources, toleration
from charts.task_pods.names import NAMESPACE, SERVICE_ACCOUNT
from settings import Registry
from settings.task_pods import TaskPodSettings

# https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
LOCAL_SETTINGS = Path(__file__).with_name("airflow_local_settings.py")
_VARIABLE = "task_pods"

# The user of Airflow's own image. Most images are for root, whom the namespace does not take; nearly all of them do as
# well for a user that they do not know.
_UID = 50000
# A shell that sleeps, until the worker has read a file through it.
_SIDECAR = resources(cpu="10m", memory="32Mi")


def connection_extra(registry: Registry) -> dict[str, Any]:
    """What the connection to the cluster says beside how it is reached."""
    return {
        "namespace": NAMESPACE,
        # The provider's own is an image of Docker Hub's that is nowhere else in the platform. This one has a shell
        # (charts/airflow/pgbouncer_watch.sh), and is in the private registry where there is one.
        "xcom_sidecar_container_image": str(registry.image("pgbouncer")),
        "xcom_sidecar_container_resources": json.dumps(_SIDECAR),
    }


def task_pods_environment(
    *, task_pods: TaskPodSettings, registry: Registry, longest_task_hours: int
) -> list[dict[str, str]]:
    """The defaults of airflow_local_settings.py; and what DAGs may use, as the Airflow variable ``task_pods``."""
    defaults = {
        "namespace": NAMESPACE,
        "start_seconds": task_pods.start_timeout_minutes * 60,
        "pod": pod_template(longest_task_hours),
        "container": {"securityContext": RESTRICTED_CONTAINER},
    }
    variable = {"image": str(registry.image("airflow")), "namespace": NAMESPACE}
    return [
        {"name": "TASK_PODS", "value": json.dumps(defaults)},
        {"name": f"AIRFLOW_VAR_{_VARIABLE.upper()}", "value": json.dumps(variable)},
    ]


def pod_template(longest_task_hours: int) -> dict[str, Any]:
    """What is put under each pod."""
    return {
        # Nothing starts such a pod again but its task, from the beginning.
        "metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}},
        "spec": {
            "serviceAccountName": SERVICE_ACCOUNT,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "nodeSelector": node_selector(TASK_PODS_POOL),
            "tolerations": [toleration(TASK_PODS_POOL)],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _UID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            **priority.WORKERS,
            # One that Airflow has forgotten does not run for ever.
            "activeDeadlineSeconds": longest_task_hours * 60 * 60,
        },
    }
