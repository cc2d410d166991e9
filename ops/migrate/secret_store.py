"""Secrets Manager: what a deployment's Airflow reads from it, and what people find there."""

from __future__ import annotations

import re
from urllib.parse import quote

from ops.aws import Aws, found
from ops.errors import OpsError
from settings.tags import DEPLOYMENT_TAG, PREFIX

MADE_BY = f"{PREFIX}made-by"
_VALUE = "ops migrate"
_NAME = re.compile(r"[\w/+=.@-]{1,512}", re.ASCII)
_LONGEST_BYTES = 65536
_LONGEST_DESCRIPTION = 2048
_OF_A_TEAM = re.compile(r"[^-]+--.+")


class DeletedError(OpsError):
    """A secret is about to be deleted, and can neither be read nor made. The message says how to have it back."""


class SecretStore:
    """The secrets of one deployment."""

    def __init__(self, aws: Aws, deployment: str) -> None:
        self._client = aws.client("secretsmanager")
        self._region = aws.region
        self._deployment = deployment

    def connection(self, id_: str) -> str:
        """The name of a connection's secret."""
        return f"{self._deployment}/connections/{id_}"

    def variable(self, key: str) -> str:
        """The name of a variable's secret."""
        return f"{self._deployment}/variables/{key}"

    def user(self, username: str) -> str:
        """The name of the secret with a user's password. Airflow does not look for it, and so it may be spelled out."""
        return f"{self._deployment}/users/{quote(username, safe='+=@').replace('%', '=').replace('~', '=7E')}"

    def get(self, name: str) -> str | None:
        """What a secret holds, or None where there is none. Raises DeletedError where it is about to be deleted."""
        described = found(self._client.describe_secret, "ResourceNotFoundException", SecretId=name)
        if described is None:
            return None
        if "DeletedDate" in described:
            raise DeletedError(
                f"the secret {name} is about to be deleted; to have it back: "
                f"aws secretsmanager restore-secret --region {self._region} --secret-id {name}"
            )
        # One without a version was made, and never filled.
        answer = found(self._client.get_secret_value, "ResourceNotFoundException", SecretId=name)
        return None if answer is None else answer.get("SecretString", "")

    def make(self, name: str, value: str, description: str) -> None:
        """Make a secret, or fill one that has no value."""
        tags = {DEPLOYMENT_TAG: self._deployment, MADE_BY: _VALUE}
        try:
            self._client.create_secret(
                Name=name,
                SecretString=value,
                Description=description[:_LONGEST_DESCRIPTION],
                Tags=[{"Key": key, "Value": each} for key, each in tags.items()],
            )
        except self._client.exceptions.ResourceExistsException:
            self.change(name, value)

    def change(self, name: str, value: str) -> None:
        """Give a secret another value. Secrets Manager keeps the one before under AWSPREVIOUS."""
        self._client.put_secret_value(SecretId=name, SecretString=value)


def unreadable(id_: str, name: str, value: str) -> str:
    """Why Airflow could not read this from Secrets Manager, or nothing."""
    if not _NAME.fullmatch(name):
        return (
            "Secrets Manager takes only letters, digits and /_+=.@- in a name. Give it another one in the old Airflow"
        )
    if _OF_A_TEAM.fullmatch(id_):
        return (
            "Airflow takes what is before -- for a team, and does not find it. Give it another name in the old Airflow"
        )
    size = len(value.encode())
    if size > _LONGEST_BYTES:
        return f"{size} bytes, and a secret takes {_LONGEST_BYTES}. Let the DAG read it from Amazon S3"
    return ""
