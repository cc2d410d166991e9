"""Airflow's Kubernetes Secrets: written by External Secrets, under the names and keys that Airflow's chart reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cdk8s

from charts.airflow.inputs import Endpoints, SecretArns
from charts.airflow.pgbouncer import METADATA_DATABASE, PORT, RESULT_BACKEND_DATABASE, STATS_DATABASE, pgbouncer_ini
from constructs import Construct
from settings.model import PgBouncerSettings

STORE = "aws-secrets-manager"
METADATA = "airflow-metadata-connection"
RESULT_BACKEND = "airflow-result-backend-connection"
BROKER = "airflow-broker-url"
FERNET = "airflow-fernet-key"
API_SECRET_KEY = "airflow-api-secret-key"  # noqa: S105 - a Secret's name
JWT_SECRET = "airflow-jwt-secret"  # noqa: S105 - a Secret's name
PGBOUNCER_CONFIG = "airflow-pgbouncer-config"
PGBOUNCER_STATS = "airflow-pgbouncer-stats"
ADMIN = "airflow-admin"

# How soon a rotated secret is seen. GetSecretValue is billed by calls: nine Secrets a minute stay under 4 USD a month.
REFRESH_INTERVAL = "1m"

# Generated passwords are alphanumeric; urlquery keeps a URL whole if somebody sets another.
_LOGIN = "{{ .username | urlquery }}:{{ .password | urlquery }}"
_TOKEN = "{{ .token | urlquery }}"  # noqa: S105 - a template
_POOLER = f"airflow-pgbouncer:{PORT}"


class AirflowSecrets(Construct):
    """A SecretStore that reads as the operator itself, and one ExternalSecret per Secret."""

    def __init__(
        self, scope: Construct, id_: str, *, namespace: str, region: str, arns: SecretArns, endpoints: Endpoints,
        pgbouncer: PgBouncerSettings,
    ) -> None:  # fmt: skip
        super().__init__(scope, id_)
        self._namespace = namespace
        self._store = self._object(
            "store",
            kind="SecretStore",
            name=STORE,
            spec={"provider": {"aws": {"service": "SecretsManager", "region": region}}},
        )
        database = {"username": (arns.database, "username"), "password": (arns.database, "password")}
        self._secret(
            METADATA,
            sources=database,
            data={
                # No sslmode here: Airflow hands the same URL to asyncpg, which does not know the word.
                "connection": f"postgresql://{_LOGIN}@{_POOLER}/{METADATA_DATABASE}",
                # KEDA asks the database itself: a pooler in transaction mode would count its own connections.
                "kedaConnection": f"postgresql://{_LOGIN}@{endpoints.database_host}:5432/{endpoints.database_name}"
                "?sslmode=require",
            },
        )
        self._secret(
            RESULT_BACKEND,
            sources=database,
            data={"connection": f"db+postgresql://{_LOGIN}@{_POOLER}/{RESULT_BACKEND_DATABASE}"},
        )
        self._secret(
            PGBOUNCER_CONFIG,
            sources=database,
            data={
                "pgbouncer.ini": pgbouncer_ini(endpoints=endpoints, limits=pgbouncer),
                "users.txt": '"{{ .username }}" "{{ .password }}"\n',
            },
        )
        self._secret(
            PGBOUNCER_STATS,
            sources=database,
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

    def _secret(self, name: str, *, sources: Mapping[str, tuple[str, str | None]], data: dict[str, str]) -> None:
        remote: list[dict[str, Any]] = []
        for key, (arn, field) in sources.items():
            reference = {"key": arn, "property": field} if field else {"key": arn}
            remote.append({"secretKey": key, "remoteRef": reference})
        secret = self._object(
            name,
            kind="ExternalSecret",
            name=name,
            spec={
                "refreshInterval": REFRESH_INTERVAL,
                "secretStoreRef": {"kind": "SecretStore", "name": STORE},
                "target": {
                    "name": name,
                    "creationPolicy": "Owner",
                    "template": {"engineVersion": "v2", "data": data},
                },
                "data": remote,
            },
        )
        secret.add_dependency(self._store)

    def _object(self, id_: str, *, kind: str, name: str, spec: dict[str, Any]) -> cdk8s.ApiObject:
        made = cdk8s.ApiObject(
            self,
            id_,
            api_version="external-secrets.io/v1",
            kind=kind,
            metadata=cdk8s.ApiObjectMetadata(name=name, namespace=self._namespace),
        )
        made.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
        return made
