"""What a git repository outside AWS CodeCommit is read with: a Secret, and how git-sync and Airflow find it."""

from __future__ import annotations

import json
from typing import Any

from charts.airflow.inputs import DagRepository
from charts.airflow.secrets import STORE
from charts.external_secret import ExternalSecret
from constructs import Construct

SECRET = "airflow-dag-repository"  # noqa: S105 - a Secret's name
CONNECTION_KEY = "connection"
"""The key of that Secret under which Airflow's own connection is, where there is a password in it."""

_FOLDER = "/etc/dag-repository"
_VOLUME = "dag-repository"
# Readable by the group, which is root's in all of these pods, and by nobody else.
_MODE = 0o440

Values = dict[str, Any]


class GitCredentials(Construct):
    """The Secret, written by External Secrets."""

    def __init__(
        self, scope: Construct, id_: str, *, namespace: str, repository: DagRepository, secret_arn: str
    ) -> None:
        super().__init__(scope, id_)
        by_key = repository.credentials == "ssh-key"
        fields = {"key": None} if by_key else {"username": "username", "password": "password"}
        ExternalSecret(
            self,
            "secret",
            name=SECRET,
            namespace=namespace,
            store=STORE,
            sources={name: (secret_arn, field) for name, field in fields.items()},
            data=_ssh_key(repository) if by_key else _password(repository),
        )


def _password(repository: DagRepository) -> dict[str, str]:
    connection = json.dumps({"conn_type": "git", "host": repository.url})[:-1]
    return {
        "username": "{{ .username }}",
        "password": "{{ .password }}",
        CONNECTION_KEY: connection + ', "login": {{ .username | toJson }}, "password": {{ .password | toJson }}}',
    }


def _ssh_key(repository: DagRepository) -> dict[str, str]:
    # OpenSSH takes no key whose last line does not end.
    return {"ssh": "{{ .key | trim }}\n", "known_hosts": f"{(repository.known_hosts or '').strip()}\n"}


def volumes(repository: DagRepository) -> list[Values]:
    """The volume with the Secret, for pods that talk to the repository."""
    if repository.secret_arn is None:
        return []
    return [{"name": _VOLUME, "secret": {"secretName": SECRET, "defaultMode": _MODE}}]


def mounts(repository: DagRepository) -> list[Values]:
    """Where it is mounted."""
    if repository.secret_arn is None:
        return []
    return [{"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True}]


def git_sync_environment(repository: DagRepository) -> list[Values]:
    """What git-sync reads a repository with, if it needs anything.

    https://github.com/kubernetes/git-sync/blob/v4.7.1/README.md
    """
    if repository.credentials == "password":
        username = {"secretKeyRef": {"name": SECRET, "key": "username"}}
        return [
            {"name": "GITSYNC_USERNAME", "valueFrom": username},
            {"name": "GITSYNC_PASSWORD_FILE", "value": f"{_FOLDER}/password"},
        ]
    if repository.credentials == "ssh-key":
        return [
            {"name": "GITSYNC_SSH_KEY_FILE", "value": f"{_FOLDER}/ssh"},
            {"name": "GITSYNC_SSH_KNOWN_HOSTS", "value": "true"},
            {"name": "GITSYNC_SSH_KNOWN_HOSTS_FILE", "value": f"{_FOLDER}/known_hosts"},
        ]
    return []


def connection(repository: DagRepository) -> Values | None:
    """Airflow's connection to the repository; none where it has a password in it and so comes from the Secret."""
    if repository.credentials == "password":
        return None
    made: Values = {"conn_type": "git", "host": repository.url}
    if repository.credentials == "ssh-key":
        made["extra"] = {
            "key_file": f"{_FOLDER}/ssh",
            "strict_host_key_checking": "yes",
            "known_hosts_file": f"{_FOLDER}/known_hosts",
        }
    return made
