"""Airflow's Kubernetes Secrets: written by External Secrets, under the names and keys that Airflow's chart reads."""

from __future__ import annotations

from collections.abc import Mapping

from charts.airflow.endpoints import NAMESPACE
from charts.airflow.inputs import Endpoints, SecretArns
from charts.airflow.pgbouncer import (
    AUTHORITY,
    AUTHORITY_SECRET,
    CONFIG_SECRET,
    METADATA_DATABASE,
    PORT,
    RESULT_BACKEND_DATABASE,
    SERVICE,
    STATS_DATABASE,
    STATS_SECRET,
    pgbouncer_ini,
)
from charts.external_secret import REFRESH_INTERVAL, ExternalSecret, SecretStore, Source, secrets_manager
from constructs import Construct
from settings.airflow import PgBouncerSettings

STORE = "aws-secrets-manager"
TRUST_STORE = "rds-truststore"
METADATA = "airflow-metadata-connection"
RESULT_BACKEND = "airflow-result-backend-connection"
BROKER = "airflow-broker-url"
FERNET = "airflow-fernet-key"
API_SECRET_KEY = "airflow-api-secret-key"  # noqa: S105 - a Secret's name
JWT_SECRET = "airflow-jwt-secret"  # noqa: S105 - a Secret's name
ADMIN = "airflow-admin"

# Amazon RDS adds an authority years before it signs with it.
_AUTHORITY_REFRESH_INTERVAL = "24h"

# The database's password, which Amazon RDS makes, has characters in it that mean something in a URL.
_LOGIN = "{{ .username | urlquery }}:{{ .password | urlquery }}"
_TOKEN = "{{ .token | urlquery }}"  # noqa: S105 - a template
# With its namespace: KEDA has this address from Airflow's pods, and asks from its own.
_POOLER = f"{SERVICE}.{NAMESPACE}:{PORT}"


class AirflowSecrets(Construct):
    """A SecretStore that reads as the operator itself, one of what Amazon RDS publishes, an ExternalSecret per Secret.

    Airflow signs in to the pooler with a login that only the pooler knows, so that no pod but the pooler's ever holds
    the database's password, which changes without them. KEDA counts tasks through the pooler too: it reads the
    connection of the workers that it scales.
    """

    def __init__(
        self, scope: Construct, id_: str, *, namespace: str, region: str, arns: SecretArns, endpoints: Endpoints,
        pgbouncer: PgBouncerSettings, database_ca_bundle_url: str,
    ) -> None:  # fmt: skip
        super().__init__(scope, id_)
        self._namespace = namespace
        store = SecretStore(self, "store", name=STORE, namespace=namespace, provider=secrets_manager(region))
        # Without a result.jsonPath the store gives the answer as it is. It asks for nothing but this URL.
        truststore = SecretStore(
            self,
            "truststore",
            name=TRUST_STORE,
            namespace=namespace,
            provider={"webhook": {"url": database_ca_bundle_url, "timeout": "20s"}},
        )
        self._stores = (store, truststore)
        pooler = {"username": (arns.pooler, "username"), "password": (arns.pooler, "password")}
        database = {f"database_{field}": (arns.database, field) for field in ("username", "password")}
        self._secret(
            METADATA,
            sources=pooler,
            # No sslmode here: Airflow hands the same URL to asyncpg, which does not know the word.
            data={"connection": f"postgresql://{_LOGIN}@{_POOLER}/{METADATA_DATABASE}"},
        )
        self._secret(
            RESULT_BACKEND,
            sources=pooler,
            data={"connection": f"db+postgresql://{_LOGIN}@{_POOLER}/{RESULT_BACKEND_DATABASE}"},
        )
        self._secret(
            CONFIG_SECRET,
            sources={**pooler, **database},
            data={
                "pgbouncer.ini": pgbouncer_ini(endpoints=endpoints, limits=pgbouncer),
                # Neither generator ever takes a quotation mark, the one character that would have to be doubled here.
                "users.txt": '"{{ .username }}" "{{ .password }}"\n'
                '"{{ .database_username }}" "{{ .database_password }}"\n',
            },
        )
        self._secret(
            STATS_SECRET,
            sources=pooler,
            data={"connection": f"postgresql://{_LOGIN}@127.0.0.1:{PORT}/{STATS_DATABASE}?sslmode=disable"},
        )
        self._secret(
            BROKER,
            sources={"token": (arns.broker, None)},
            data={"connection": f"rediss://:{_TOKEN}@{endpoints.broker_host}:6379/0?ssl_cert_reqs=required"},
        )
        # 43 characters of the alphabet and one of padding: base64 of 32 bytes, which is what Fernet takes.
        self._secret(FERNET, sources={"key": (arns.fernet, None)}, data={"fernet-key": "{{ .key }}="})
        self._secret(API_SECRET_KEY, sources={"key": (arns.api, None)}, data={"api-secret-key": "{{ .key }}"})
        self._secret(JWT_SECRET, sources={"key": (arns.jwt, None)}, data={"jwt-secret": "{{ .key }}"})
        self._secret(
            ADMIN,
            sources={"username": (arns.admin, "username"), "password": (arns.admin, "password")},
            data={"username": "{{ .username }}", "password": "{{ .password }}"},
        )
        # What the database's certificate is verified with: public, and a Secret only because that is what is written.
        # Once it is there, a pooler that starts does not depend on the host that it came from.
        self._secret(
            AUTHORITY_SECRET,
            sources={"bundle": (AUTHORITY, None)},
            data={AUTHORITY: "{{ .bundle }}"},
            store=TRUST_STORE,
            refresh=_AUTHORITY_REFRESH_INTERVAL,
        )

    def _secret(
        self,
        name: str,
        *,
        sources: Mapping[str, Source],
        data: dict[str, str],
        store: str = STORE,
        refresh: str = REFRESH_INTERVAL,
    ) -> None:
        secret = ExternalSecret(
            self, name, name=name, namespace=self._namespace, store=store, sources=sources, data=data, refresh=refresh
        )
        secret.add_dependency(*self._stores)
