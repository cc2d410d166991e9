"""airflow.cfg, as the chart's ``config`` value: section, key, value. What is not here keeps Airflow's own default."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from charts.airflow.inputs import Endpoints
from charts.airflow.queue import queue_config
from charts.airflow.task_calls import task_calls_config
from settings import capacity
from settings.airflow import AirflowSettings

Config = dict[str, dict[str, str]]

LOG_PREFIX = "task-logs"
AWS_CONNECTION = "aws_default"

# How long a task waits in the queue until Airflow queues it again. A scheduler that is lost between its word in the
# database that a task is queued, and the message, leaves one that nobody works on: that task waits for so long. It is
# the life of the token too that a task starts with, so an old message starts nothing.
_QUEUED_TIMEOUT_SECONDS = 10 * 60
# Looked at so often that a token does not end much before its message is replaced: the task would fail of it. While a
# scheduler is being replaced nobody looks, so API servers take a token for so long after its end.
_QUEUED_CHECK_SECONDS = 15
_TOKEN_LEEWAY_SECONDS = 300
_ORPHANS_CHECK_SECONDS = 60
# Airflow by itself fails a task the third time. That is short for workers that start from zero, and for a queue whose
# few workers are busy: three hours.
_QUEUED_AGAIN = 17

# Airflow looks for new DAG files every five minutes by itself; a pushed one would be there as late as that.
_LOOK_FOR_DAG_FILES_SECONDS = 30

AUTH_MANAGER = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
"""Who knows the users: Airflow's chart names the same one."""
_SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


def secret_prefixes(name: str) -> tuple[str, str]:
    """Names that a deployment's connections and variables begin with in Secrets Manager."""
    return f"{name}/connections", f"{name}/variables"


def airflow_config(*, name: str, airflow: AirflowSettings, endpoints: Endpoints, dags: Config) -> Config:
    """Build the configuration of all components of the deployment with this name; ``dags`` is how its DAGs come."""
    connections, variables = secret_prefixes(name)
    workers = airflow.workers
    config: Config = {
        "core": {
            "auth_manager": AUTH_MANAGER,
            # The pool that every task is in which names no other is without limit: Airflow writes its size into the
            # database once, and would not follow when there are more workers. What all schedulers may queue is limited
            # by `parallelism`, which is theirs alone (scheduler_environment).
            "default_pool_task_slot_count": "-1",
            "default_task_retries": str(airflow.task_retries),
            "default_timezone": airflow.timezone,
            # Where the API server reads the log of a task or a trigger that runs. A pod of a Deployment has an address
            # that others find, and a name that they do not.
            "hostname_callable": "airflow.utils.net.get_host_ip_address",
            "load_examples": "False",
        },
        "dag_processor": {"refresh_interval": str(_LOOK_FOR_DAG_FILES_SECONDS)},
        # Each API server would write them at its start, and one that starts beside another fail at what is there
        # already. The Job that migrates the database does it.
        "fab": {"update_fab_perms": "False"},
        "scheduler": {
            "task_queued_timeout": str(_QUEUED_TIMEOUT_SECONDS),
            "task_queued_timeout_check_interval": str(_QUEUED_CHECK_SECONDS),
            # What a lost scheduler had queued is nobody's until another one looks for it: every five minutes by itself.
            "orphaned_tasks_check_interval": str(_ORPHANS_CHECK_SECONDS),
            # No option that Airflow documents, but one that its scheduler reads.
            "num_stuck_in_queued_retries": str(_QUEUED_AGAIN),
        },
        "database": {
            "sql_alchemy_pool_size": str(capacity.SQL_POOL_SIZE),
            "sql_alchemy_max_overflow": str(capacity.SQL_MAX_OVERFLOW),
        },
        "api": {"workers": str(capacity.API_SERVER_WORKERS)},
        "api_auth": {"jwt_leeway": str(_TOKEN_LEEWAY_SECONDS)},
        "celery": {
            "worker_concurrency": str(workers.concurrency),
            "sync_parallelism": str(capacity.SYNC_PARALLELISM),
        },
        # Each metric once, with tags in place of ids in its name: ids have dots (charts/airflow/metrics.yaml).
        "metrics": {"statsd_influxdb_enabled": "True", "legacy_names_on": "False"},
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
    queue = queue_config(longest_task_hours=workers.longest_task_hours, queued_timeout_seconds=_QUEUED_TIMEOUT_SECONDS)
    for section, options in (*dags.items(), *queue.items(), *task_calls_config().items()):
        config[section] = config.get(section, {}) | options
    if airflow.ingress.domain:
        protocol = "https" if airflow.ingress.has_https else "http"
        config["api"] |= {"base_url": f"{protocol}://{airflow.ingress.domain}"}
    return config


def scheduler_environment(airflow: AirflowSettings) -> list[dict[str, str]]:
    """What the schedulers alone have to know, and depends on how many workers there are.

    In airflow.cfg it would start every pod again, and with it every worker, because a queue was added.
    """
    return [{"name": "AIRFLOW__CORE__PARALLELISM", "value": str(capacity.parallelism(airflow))}]


def airflow_environment(kubernetes: Mapping[str, Any] | None = None) -> list[dict[str, str]]:
    """Connections that are ready without a click: the cluster that Airflow runs in, and the AWS account.

    ``kubernetes`` is what the first one says beside how the cluster is reached.
    """
    connections = {
        "kubernetes_default": {"conn_type": "kubernetes", "extra": {"in_cluster": True, **(kubernetes or {})}},
        AWS_CONNECTION: {"conn_type": "aws"},
    }
    return [
        {"name": f"AIRFLOW_CONN_{name.upper()}", "value": json.dumps(connection)}
        for name, connection in connections.items()
    ]
