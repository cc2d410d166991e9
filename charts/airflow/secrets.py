"""Airflow's Kubernetes Secrets: written by External Secrets, under the names and keys that Airflow's chart reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cdk8s

from charts.airflow.inputs import Endpoints, SecretArns
from charts.airflow.pgbouncer import (
    AUTHORITY,
    AUTHORITY_SECRET,
    CONFIG_SECRET,
    METADATA_DATABASE,
    PORT,
    RESULT_BACKEND_DATABASE,
    STATS_DATABASE,
    STATS_SECRET,
    pgbouncer_ini,
)
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

# How soon a rotated secret is seen. GetSecretValue is billed by calls: a dozen a minute stay under 4 USD a month.
REFRESH_INTERVAL = "1m"
# Amazon RDS adds an authority years before it signs with it.
_AUTHORITY_REFRESH_INTERVAL = "24h"

# The database's password, which Amazon RDS makes, has characters in it that mean something in a URL.
_LOGIN = "{{ .username | urlquery }}:{{ .password | urlquery }}"
_DATABASE_LOGIN = "{{ .database_username | urlquery }}:{{ .database_password | urlquery }}"
_TOKEN = "{{ .token | urlquery }}"  # noqa: S105 - a template
_POOLER = f"airflow-pgbouncer:{PORT}"


class AirflowSecrets(Construct):
    """A SecretStore that reads as the operator itself, one of what Amazon RDS publishes, an ExternalSecret per Secret.

    Airflow signs in to the pooler with a login that only the pooler knows, so that no pod of Airflow's ever holds the
    database's password, which changes without it. KEDA, which asks the database itself, has it from here at each query
    that fails.
    """

    def __init__(
        self, scope: Construct, id_: str, *, namespace: str, region: str, arns: SecretArns, endpoints: Endpoints,
        pgbouncer: PgBouncerSettings, database_ca_bundle_url: str,
    ) -> None:  # fmt: skip
        super().__init__(scope, id_)
        self._namespace = namespace
        self._store = self._object(
            "store",
            kind="SecretStore",
            name=STORE,
            spec={"provider": {"aws": {"service": "SecretsManager", "region": region}}},
        )
        # Without a result.jsonPath the store gives the answer as it is. It asks for nothing but this URL.
        self._truststore = self._object(
            "truststore",
            kind="SecretStore",
            name=TRUST_STORE,
            spec={"provider": {"webhook": {"url": database_ca_bundle_url, "timeout": "20s"}}},
        )
        pooler = {"username": (arns.pooler, "username"), "password": (arns.pooler, "password")}
        database = {f"database_{field}": (arns.database, field) for field in ("username", "password")}
        self._secret(
            METADATA,
            sources={**pooler, **database},
            data={
                # No sslmode here: Airflow hands the same URL to asyncpg, which does not know the word.
                "connection": f"postgresql://{_LOGIN}@{_POOLER}/{METADATA_DATABASE}",
                # KEDA asks the database itself: a pooler in transaction mode would count its own connections.
                "kedaConnection": f"postgresql://{_DATABASE_LOGIN}@{endpoints.database_host}:5432/{endpoints.database_name}"
                "?sslmode=require",
            },
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
        self._external_secret(
            AUTHORITY_SECRET,
            store=self._truststore,
            refresh=_AUTHORITY_REFRESH_INTERVAL,
            remote=[{"secretKey": "bundle", "remoteRef": {"key": AUTHORITY}}],
            data={AUTHORITY: "{{ .bundle }}"},
        )

    def _secret(self, name: str, *, sources: Mapping[str, tuple[str, str | None]], data: dict[str, str]) -> None:
        remote: list[dict[str, Any]] = []
        for key, (arn, field) in sources.items():
            reference = {"key": arn, "property": field} if field else {"key": arn}
            remote.append({"secretKey": key, "remoteRef": reference})
        self._external_secret(name, store=self._store, refresh=REFRESH_INTERVAL, remote=remote, data=data)

    def _external_secret(
        self, name: str, *, store: cdk8s.ApiObject, refresh: str, remote: list[dict[str, Any]], data: dict[str, str]
    ) -> None:
        secret = self._object(
            name,
            kind="ExternalSecret",
            name=name,
            spec={
                "refreshInterval": refresh,
                "secretStoreRef": {"kind": "SecretStore", "name": store.name},
                "target": {
                    "name": name,
                    "creationPolicy": "Owner",
                    "template": {"engineVersion": "v2", "data": data},
                },
                "data": remote,
            },
        )
        secret.add_dependency(self._store, self._truststore)

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
