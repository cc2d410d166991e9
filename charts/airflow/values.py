"""The values of Airflow's chart, version 1.22.0. What its schema does not check, a test that renders it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charts.airflow import secrets
from charts.airflow.components import components
from charts.airflow.config import airflow_config, airflow_environment
from charts.airflow.dag_delivery import DagDelivery
from charts.airflow.ingress import ingress_values
from charts.airflow.inputs import DagRepository, Endpoints, LoadBalancer
from charts.airflow.metrics import statsd_mappings
from charts.airflow.pgbouncer import pgbouncer_values
from charts.airflow.pod_security import AIRFLOW_UID, as_nobody, restricted_pod
from charts.airflow.priority import SERVICES, priority_classes
from charts.airflow.queue import NOT_FOR_ALL
from charts.placement import SERVICES_POOL, node_selector, resources
from settings import Registry
from settings.airflow import AirflowSettings
from settings.dags import DagSettings


def airflow_values(
    *,
    name: str,
    airflow: AirflowSettings,
    dags: DagSettings,
    registry: Registry,
    endpoints: Endpoints,
    repository: DagRepository,
    load_balancer: LoadBalancer,
    environment: Sequence[dict[str, str]] = (),
    kubernetes: Mapping[str, Any] | None = None,
    local_settings: str = "",
) -> dict[str, Any]:
    """Build the values of the release. ``environment`` is what all processes have to know beside their own.

    ``kubernetes`` is what the connection to the cluster says beside how it is reached, ``local_settings`` the text of
    airflow_local_settings.py.
    """
    image = registry.image("airflow")
    delivery = DagDelivery(
        dags=dags,
        repository=repository,
        airflow_image=image,
        git_sync_image=registry.image("git-sync"),
        git_sync_is_built=registry.is_built("git-sync"),
    )
    return {
        "executor": "CeleryExecutor",
        # The number alone: the chart takes a tag such as 3.3.2-python3.12 for a version before 3.
        "airflowVersion": registry.version("airflow").partition("-")[0],
        "defaultAirflowRepository": image.repository,
        "defaultAirflowTag": image.tag_and_digest,
        "images": _images(registry),
        "nodeSelector": node_selector(SERVICES_POOL),
        "securityContexts": restricted_pod(AIRFLOW_UID),
        "enableServiceLinks": False,
        # By the chart's own role, workers could start pods among Airflow's, with their service accounts and Secrets.
        "allowPodLaunching": False,
        **({"airflowLocalSettings": local_settings} if local_settings else {}),
        "env": [*airflow_environment(kubernetes), *delivery.environment(), *environment],
        **delivery.secret_environment(),
        "config": airflow_config(name=name, airflow=airflow, endpoints=endpoints, dags=delivery.config()),
        **_secret_names(),
        "enableBuiltInSecretEnvVars": NOT_FOR_ALL,
        **components(airflow=airflow, delivery=delivery, load_balancer=load_balancer),
        "pgbouncer": pgbouncer_values(airflow.pgbouncer),
        "priorityClasses": priority_classes(),
        "statsd": {
            **SERVICES,
            "securityContexts": as_nobody(),
            # docs/metrics.md says what was measured.
            "resources": resources(cpu="50m", memory="512Mi"),
            "overrideMappings": statsd_mappings(),
        },
        "dags": delivery.chart(),
        "ingress": ingress_values(ingress=airflow.ingress, load_balancer=load_balancer),
        # Bundled databases, of which none is used.
        "postgresql": {"enabled": False},
        "redis": {"enabled": False},
    }


def _images(registry: Registry) -> dict[str, dict[str, str]]:
    keys = {
        "airflow": "airflow",
        "pgbouncer": "pgbouncer",
        "pgbouncerExporter": "pgbouncer-exporter",
        "statsd": "statsd-exporter",
        "gitSync": "git-sync",
    }
    images = {name: registry.image(key) for name, key in keys.items()}
    return {name: {"repository": image.repository, "tag": image.tag_and_digest} for name, image in images.items()}


def _secret_names() -> dict[str, Any]:
    return {
        "data": {
            "metadataSecretName": secrets.METADATA,
            "resultBackendSecretName": secrets.RESULT_BACKEND,
            "brokerUrlSecretName": secrets.BROKER,
        },
        "fernetKeySecretName": secrets.FERNET,
        "apiSecretKeySecretName": secrets.API_SECRET_KEY,
        "jwtSecretName": secrets.JWT_SECRET,
    }
