"""AWS CodeCommit without a long-lived key: a sidecar signs each request with the pod's own identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus

from charts.airflow.inputs import DagRepository
from charts.placement import resources
from constructs import Construct
from settings import ImageReference

CONFIG_MAP = "airflow-git-askpass"
PORT = 8617
_REMEMBERED_SECONDS = 300
SCRIPT = Path(__file__).with_name("askpass.py")
_FOLDER = "/opt/askpass"
_VOLUME = "git-askpass"


class GitAskpass(Construct):
    """The sidecar's program, as a ConfigMap."""

    def __init__(self, scope: Construct, id_: str, *, namespace: str) -> None:
        super().__init__(scope, id_)
        kplus.ConfigMap(
            self,
            "script",
            metadata=cdk8s.ApiObjectMetadata(name=CONFIG_MAP, namespace=namespace),
            data={SCRIPT.name: SCRIPT.read_text(encoding="utf-8")},
        )


def sidecar(*, image: ImageReference, repository: DagRepository, included: bool) -> dict[str, Any]:
    """A native sidecar: an init container that stays, so git-sync starts when it answers.

    ``included`` says that the image brings the program, where the ConfigMap would put it.
    """
    return {
        "name": "git-askpass",
        "image": str(image),
        "restartPolicy": "Always",
        "command": ["python", f"{_FOLDER}/{SCRIPT.name}"],
        "env": [
            {"name": "ASKPASS_PORT", "value": str(PORT)},
            {"name": "AWS_REGION", "value": repository.region},
            {"name": "CODECOMMIT_REPOSITORY_URL", "value": repository.url},
        ],
        # Kubernetes asks the pod's address by default; the sidecar listens on loopback alone.
        "startupProbe": {
            "exec": {
                "command": [
                    "python",
                    "-c",
                    f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/healthz', timeout=2)",
                ]
            },
            "periodSeconds": 2,
            "timeoutSeconds": 5,
            "failureThreshold": 30,
        },
        "resources": resources(cpu="50m", memory="128Mi"),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [] if included else [{"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True}],
    }


def git_environment() -> list[dict[str, str]]:
    """What tells git itself to ask the sidecar, where Airflow calls git."""
    helper = f'!ask() {{ test "$1" != get || curl --silent --show-error --fail http://127.0.0.1:{PORT}/; }}; ask'
    configuration = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": helper}
    return [{"name": name, "value": value} for name, value in configuration.items()]


def volume() -> dict[str, Any]:
    """The volume of the sidecar's program."""
    return {"name": _VOLUME, "configMap": {"name": CONFIG_MAP}}


def git_sync_environment() -> list[dict[str, str]]:
    """What tells git-sync to ask the sidecar, and how long git may remember the answer.

    A signature is good for 15 minutes, but git's cache would keep it for an hour, and go on giving it after the pod's
    credentials have changed: their token is part of the user name.
    """
    return [
        {"name": "GITSYNC_ASKPASS_URL", "value": f"http://127.0.0.1:{PORT}/"},
    ]


def git_sync_config() -> str:
    """What git-sync's git is configured with."""
    return f"credential.helper:cache --timeout {_REMEMBERED_SECONDS}"
