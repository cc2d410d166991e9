"""PgBouncer: its configuration, which has no password in it, and how it is run so that a new password reaches it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus

from charts.airflow import priority
from charts.airflow.inputs import Endpoints
from charts.airflow.pod_security import as_nobody
from charts.placement import resources, spread
from constructs import Construct
from settings.airflow import PgBouncerSettings

SERVICE = "airflow-pgbouncer"
"""The name that Airflow's chart gives it."""
PORT = 6543
METADATA_DATABASE = "airflow-metadata"
RESULT_BACKEND_DATABASE = "airflow-result-backend"
STATS_DATABASE = "pgbouncer"

CONFIG_SECRET = "airflow-pgbouncer-config"  # noqa: S105 - a Secret's name
STATS_SECRET = "airflow-pgbouncer-stats"  # noqa: S105 - a Secret's name
AUTHORITY_SECRET = "airflow-database-ca"  # noqa: S105 - a Secret's name
AUTHORITY = "ca.pem"

_SCRIPT = Path(__file__).with_name("pgbouncer_watch.sh")
_CONFIG_MAP = "airflow-pgbouncer-watch"
_FOLDER = "/etc/pgbouncer"
_VOLUME = "pgbouncer-files"

# Airflow's API server uses asyncpg, and KEDA pgx, which prepare statements; in transaction mode PgBouncer (1.21 and
# newer) follows them from one server connection to the next only if it may keep some.
_PREPARED_STATEMENTS = 200
# How soon it tries again after the database has refused the password: the new one is here within minutes of that.
_LOGIN_RETRY_SECONDS = 5
# The exporter is asked by a program that is started in it. The chart gives that a second, and on a node that is busy it
# takes longer: then the pooler beside it, which answers, would be out of the Service, and nobody had a database.
_EXPORTER_PROBE = {"timeoutSeconds": 10}
# A pod that ends is still in the Service for a moment: it goes on answering for as long.
_LEAVE_SECONDS = 5


def pgbouncer_ini(*, endpoints: Endpoints, limits: PgBouncerSettings) -> str:
    """pgbouncer.ini, as a template of External Secrets: names of users are filled in beside their passwords."""
    return "\n".join(
        [
            "[databases]",
            _database(METADATA_DATABASE, endpoints, limits.metadata_pool_size),
            _database(RESULT_BACKEND_DATABASE, endpoints, limits.result_backend_pool_size),
            "",
            "[pgbouncer]",
            "pool_mode = transaction",
            "listen_addr = *",
            f"listen_port = {PORT}",
            # Its root file system cannot be written to, and nobody asks for a socket in it.
            "unix_socket_dir = ",
            "auth_type = scram-sha-256",
            f"auth_file = {_FOLDER}/users.txt",
            "stats_users = {{ .username }}",
            f"max_client_conn = {limits.max_client_connections}",
            f"max_prepared_statements = {_PREPARED_STATEMENTS}",
            "ignore_startup_parameters = extra_float_digits",
            f"server_login_retry = {_LOGIN_RETRY_SECONDS}",
            "server_tls_sslmode = verify-full",
            f"server_tls_ca_file = {_FOLDER}/{AUTHORITY}",
            "log_connections = 0",
            "log_disconnections = 0",
            "",
        ]
    )


def _database(name: str, endpoints: Endpoints, pool_size: int) -> str:
    """One pool.

    Whoever comes as a client, the pooler signs in as the database's own user, whose password it looks up in users.txt
    at each login. Its pools are always full: while the database has its new password already and the pooler not yet,
    no login succeeds, and a client waits for a connection that is there or, where there is none at all, is refused.
    """
    return (
        f"{name} = host={endpoints.database_host} port=5432 dbname={endpoints.database_name} "
        f"user={{{{ .database_username }}}} pool_size={pool_size} min_pool_size={pool_size}"
    )


class PgBouncerWatch(Construct):
    """The program that runs PgBouncer, as a ConfigMap."""

    def __init__(self, scope: Construct, id_: str, *, namespace: str) -> None:
        super().__init__(scope, id_)
        kplus.ConfigMap(
            self,
            "script",
            metadata=cdk8s.ApiObjectMetadata(name=_CONFIG_MAP, namespace=namespace),
            data={_SCRIPT.name: _SCRIPT.read_text(encoding="utf-8")},
        )


def pgbouncer_values(pgbouncer: PgBouncerSettings) -> dict[str, Any]:
    """PgBouncer's values of Airflow's chart."""
    security = as_nobody()
    values: dict[str, Any] = {
        "enabled": True,
        "replicas": pgbouncer.replicas,
        "configSecretName": CONFIG_SECRET,
        # The chart would mount the Secret file by file, and such a mount stays as it was when the pod started.
        "mountConfigSecret": False,
        "extraVolumes": [_volume()],
        "extraVolumeMounts": [{"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True}],
        "command": ["sh", f"{_FOLDER}/{_SCRIPT.name}", _FOLDER],
        # A new program reaches a pod that runs no more than a subPath would: it starts again.
        "podAnnotations": {"checksum/pgbouncer-watch": hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()},
        "containerLifecycleHooks": {"preStop": {"exec": {"command": ["sleep", str(_LEAVE_SECONDS)]}}},
        "resources": resources(cpu="100m", memory="128Mi"),
        "securityContexts": {**security, "container": {**security["container"], "readOnlyRootFilesystem": True}},
        "topologySpreadConstraints": spread({"tier": "airflow", "component": "pgbouncer"}),
        **priority.SERVICES,
        "metricsExporterSidecar": {
            "statsSecretName": STATS_SECRET,
            "statsSecretKey": "connection",
            "resources": resources(cpu="10m", memory="64Mi"),
            "livenessProbe": _EXPORTER_PROBE,
            "readinessProbe": _EXPORTER_PROBE,
            "securityContexts": {"container": security["container"]},
        },
    }
    if pgbouncer.replicas > 1:
        values["podDisruptionBudget"] = {"enabled": True, "config": {"maxUnavailable": 1}}
    return values


def _volume() -> dict[str, Any]:
    """All that PgBouncer reads, in one folder that Kubernetes keeps up to date and replaces as a whole."""
    sources = [{"secret": {"name": name}} for name in (CONFIG_SECRET, AUTHORITY_SECRET)]
    return {"name": _VOLUME, "projected": {"sources": [*sources, {"configMap": {"name": _CONFIG_MAP}}]}}
