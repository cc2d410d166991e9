"""The secrets that Airflow needs and nobody has to know: generated, and kept in Secrets Manager."""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from constructs import Construct

POOLER_USER = "airflow-client"
"""Another name than the database's user: PgBouncer keeps both in one file, where a name has one password."""


class AirflowSecrets(Construct):
    """Fernet key, API secret key, JWT secret, the login to the pooler, Airflow's administrator and Grafana's."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        admin_username: str,
        grafana: bool,
        removal_policy: RemovalPolicy,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self._key = key
        self._removal_policy = removal_policy
        # 43 alphanumerics and the `=` that is put behind them later are 32 bytes in URL-safe base64.
        self.fernet = self._generate("FernetKey", "Encrypts Airflow's connections and variables", length=43)
        self.api = self._generate("ApiSecretKey", "Signs Airflow's sessions", length=64)
        self.jwt = self._generate("JwtSecret", "Signs the tokens of Airflow's API", length=64)
        # Not the database's own login: that one changes by itself, and pods that run would be left with the old one.
        self.pooler = self._login("Pooler", "Airflow's login to PgBouncer", username=POOLER_USER, length=48)
        self.admin = self._login("Admin", "Airflow's administrator", username=admin_username, length=32)
        self.grafana: secretsmanager.Secret | None = None
        if grafana:
            self.grafana = self._login("Grafana", "Grafana's administrator", username="admin", length=32)

    def _login(self, id_: str, description: str, *, username: str, length: int) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            id_,
            description=description,
            encryption_key=self._key,
            removal_policy=self._removal_policy,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": username}),
                generate_string_key="password",
                exclude_punctuation=True,
                password_length=length,
            ),
        )

    def _generate(self, id_: str, description: str, *, length: int) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            id_,
            description=description,
            encryption_key=self._key,
            removal_policy=self._removal_policy,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                exclude_punctuation=True, password_length=length
            ),
        )
