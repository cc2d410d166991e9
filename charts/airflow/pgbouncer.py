"""PgBouncer's configuration. The Airflow chart would write it into its values, password and all; this one has none."""

from __future__ import annotations

from charts.airflow.inputs import Endpoints
from settings.model import PgBouncerSettings

PORT = 6543
METADATA_DATABASE = "airflow-metadata"
RESULT_BACKEND_DATABASE = "airflow-result-backend"
STATS_DATABASE = "pgbouncer"

# Airflow's API server uses asyncpg, which prepares statements; in transaction mode PgBouncer (1.21 and newer) follows
# them from one server connection to the next only if it may keep some.
_PREPARED_STATEMENTS = 200


def pgbouncer_ini(*, endpoints: Endpoints, limits: PgBouncerSettings) -> str:
    """pgbouncer.ini, as a template of External Secrets: the user name is filled in beside the password."""
    server = f"host={endpoints.database_host} port=5432 dbname={endpoints.database_name}"
    return "\n".join(
        [
            "[databases]",
            f"{METADATA_DATABASE} = {server} pool_size={limits.metadata_pool_size}",
            f"{RESULT_BACKEND_DATABASE} = {server} pool_size={limits.result_backend_pool_size}",
            "",
            "[pgbouncer]",
            "pool_mode = transaction",
            "listen_addr = *",
            f"listen_port = {PORT}",
            "auth_type = scram-sha-256",
            "auth_file = /etc/pgbouncer/users.txt",
            "stats_users = {{ .username }}",
            f"max_client_conn = {limits.max_client_connections}",
            f"max_prepared_statements = {_PREPARED_STATEMENTS}",
            "ignore_startup_parameters = extra_float_digits",
            "server_tls_sslmode = require",
            "log_connections = 0",
            "log_disconnections = 0",
            "",
        ]
    )
