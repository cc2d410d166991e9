"""airflow.cfg, as the chart's ``config`` value: section, key, value. What is not here keeps Airflow's own default."""

from __future__ import annotations

import json

from charts.airflow.inputs import Endpoints
from settings.model import AirflowSettings

Config = dict[str, dict[str, str]]

LOG_PREFIX = "task-logs"
AWS_CONNECTION = "aws_default"

# Celery hands a task to a second worker when the first has not acknowledged it for this long. Longer than any task.
_VISIBILITY_TIMEOUT_SECONDS = 24 * 60 * 60

# Airflow looks for new DAG files every five minutes by itself; a pushed one would be there as late as that.
_LOOK_FOR_DAG_FILES_SECONDS = 30

_SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


def secret_prefixes(name: str) -> tuple[str, str]:
    """Names that a deployment's connections and variables begin with in Secrets Manager."""
    return f"{name}/connections", f"{name}/variables"


def airflow_config(*, name: str, airflow: AirflowSettings, endpoints: Endpoints) -> Config:
    """Build the configuration of all components of the deployment with this name."""
    connections, variables = secret_prefixes(name)
    workers = airflow.workers
    # As many as the workers can run at a time: what limits a DAG or a pool is its own setting.
    parallelism = str(workers.max * workers.concurrency)
    config: Config = {
        "core": {
            "parallelism": parallelism,
            # The pool that every task is in which names no other. By itself it has 128 slots, whatever the workers do.
            "default_pool_task_slot_count": parallelism,
            "load_examples": "False",
        },
        "dag_processor": {"refresh_interval": str(_LOOK_FOR_DAG_FILES_SECONDS)},
        "celery": {"worker_concurrency": str(workers.concurrency)},
        "celery_broker_transport_options": {"visibility_timeout": str(_VISIBILITY_TIMEOUT_SECONDS)},
        "logging": {
            "remote_logging": "True",
            "remote_base_log_folder": f"s3://{endpoints.log_bucket}/{LOG_PREFIX}",
            "remote_log_conn_id": AWS_CONNECTION,
            # The bucket encrypts with the deployment's own key; this flag would ask for another one.
            "encrypt_s3_logs": "False",
            "delete_local_logs": "True",
        },
        "secrets": {
            "backend": _SECRETS_BACKEND,
            "backend_kwargs": json.dumps({"connections_prefix": connections, "variables_prefix": variables}),
        },
    }
    if airflow.ingress.domain:
        protocol = "https" if airflow.ingress.certificate_arn else "http"
        config["api"] = {"base_url": f"{protocol}://{airflow.ingress.domain}"}
    return config


def airflow_environment() -> list[dict[str, str]]:
    """Connections that are ready without a click: the cluster that Airflow runs in, and the AWS account."""
    connections = {
        "kubernetes_default": {"conn_type": "kubernetes", "extra": {"in_cluster": True}},
        AWS_CONNECTION: {"conn_type": "aws"},
    }
    return [
        {"name": f"AIRFLOW_CONN_{name.upper()}", "value": json.dumps(connection)}
        for name, connection in connections.items()
    ]
