"""Airflow's processes, as values of its chart: replicas, size, where they run, how they end."""

from __future__ import annotations

from typing import Any

from charts.airflow import priority
from charts.airflow.api_server import behind_load_balancer
from charts.airflow.config import scheduler_environment
from charts.airflow.dag_delivery import DagDelivery
from charts.airflow.inputs import LoadBalancer
from charts.airflow.probes import patient_probe, scheduler_health_environment, scheduler_probes
from charts.airflow.queue import queue_environment
from charts.airflow.workers import worker_values
from charts.placement import resources, spread
from settings.airflow import AirflowSettings, ComponentSettings, SingletonSettings

RELEASE = "airflow"
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
"""Those that have an identity of their own."""

Values = dict[str, Any]

# The first release waits for a node, for the images, and for the database migration.
HELM_TIMEOUT_SECONDS = 13 * 60

# The image's entrypoint starts Airflow to ask the database before it starts `bash`, which takes more memory than this.
# Who deletes old files needs no database.
_NO_DATABASE = [{"name": "CONNECTION_CHECK_MAX_COUNT", "value": "0"}]
_LOG_GROOMER = {"retentionDays": 1, "env": _NO_DATABASE, "resources": resources(cpu="10m", memory="64Mi")}


def service_account(component: str) -> str:
    """The service account that the chart makes for a component."""
    return f"{RELEASE}-{component}"


def components(*, airflow: AirflowSettings, delivery: DagDelivery, load_balancer: LoadBalancer) -> Values:
    """Values of every process that Airflow consists of."""
    return {
        "apiServer": {
            **_server("api-server", airflow.api_server),
            "startupProbe": {"failureThreshold": 30},
            **behind_load_balancer(ingress=airflow.ingress, load_balancer=load_balancer),
        },
        "scheduler": {
            **_server("scheduler", airflow.scheduler),
            "env": [*scheduler_environment(airflow), *scheduler_health_environment(), *queue_environment()],
            "logGroomerSidecar": _LOG_GROOMER,
            **scheduler_probes(),
        },
        "triggerer": {
            **_server("triggerer", airflow.triggerer),
            "persistence": {"enabled": False},
            "logGroomerSidecar": {"enabled": False},
            **patient_probe(),
            **delivery.reader(),
        },
        "dagProcessor": _dag_processor(airflow.dag_processor, delivery),
        "workers": worker_values(airflow, service_account=service_account("worker"), dags=delivery.reader()),
        # One of ours does it (setup_job.py): these keep their names, and so an update is refused while one is there.
        "migrateDatabaseJob": {"enabled": False},
        "createUserJob": {"enabled": False},
    }


def _server(component: str, server: ComponentSettings) -> Values:
    labels = {"tier": "airflow", "component": component, "release": RELEASE}
    values: Values = {
        "replicas": server.replicas,
        "resources": resources(cpu=server.cpu, memory=server.memory),
        "topologySpreadConstraints": spread(labels),
        **priority.SERVICES,
    }
    if server.replicas > 1:
        values["podDisruptionBudget"] = {"enabled": True, "config": {"maxUnavailable": 1}}
    return values


def _dag_processor(size: SingletonSettings, delivery: DagDelivery) -> Values:
    return {
        # One, and the old one goes before the new one comes: its git-sync is the only writer of the DAG volume.
        "replicas": 1,
        "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        "resources": resources(cpu=size.cpu, memory=size.memory),
        **priority.SERVICES,
        "logGroomerSidecar": _LOG_GROOMER,
        **patient_probe(),
        **delivery.processor(),
    }
