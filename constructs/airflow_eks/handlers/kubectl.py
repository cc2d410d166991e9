"""kubectl, called as the function's own identity."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

# Where the layers of the CDK put their programs.
_LAYERS = "/opt/kubectl:/opt/awscli"
_NO_CLUSTER = "ResourceNotFoundException"
_NO_SUCH_KIND = "doesn't have a resource type"


class NoClusterError(Exception):
    """The cluster is gone, and all that was in it."""


class Kubectl:
    """The cluster's objects. What is not there can be deleted, and a kind that is not there has no objects."""

    def __init__(self, kubeconfig: str) -> None:
        self._kubeconfig = kubeconfig

    @staticmethod
    def login(cluster: str) -> Kubectl:
        """Log in. Raises NoClusterError where there is none."""
        if not os.environ["PATH"].startswith(_LAYERS):
            os.environ["PATH"] = f"{_LAYERS}:{os.environ['PATH']}"
        kubeconfig = str(Path(os.environ.get("TEST_OUTDIR", tempfile.gettempdir())) / "clearing-kubeconfig")
        try:
            _run(["aws", "eks", "update-kubeconfig", "--name", cluster, "--kubeconfig", kubeconfig])
        except subprocess.CalledProcessError as error:
            if _NO_CLUSTER in _said(error):
                raise NoClusterError(cluster) from None
            raise
        Path(kubeconfig).chmod(0o600)
        return Kubectl(kubeconfig)

    def find(self, kind: str, *, namespace: str | None = None) -> list[dict[str, Any]]:
        """All objects of a kind, of one namespace or of all."""
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        try:
            output = self._kubectl("get", kind, *where, "--output", "json")
        except subprocess.CalledProcessError as error:
            if _NO_SUCH_KIND in _said(error):
                return []
            raise
        found: list[dict[str, Any]] = json.loads(output)["items"]
        return found

    def delete(self, kind: str, item: dict[str, Any], *, at_once: bool = False) -> None:
        """Ask for a deletion, and do not wait for it."""
        force = ["--grace-period", "0", "--force"] if at_once else []
        self._kubectl("delete", kind, *_place(item), "--ignore-not-found", "--wait=false", *force)

    def free(self, kind: str, item: dict[str, Any]) -> None:
        """Take the finalizers off: nobody is left who would."""
        patch = json.dumps({"metadata": {"finalizers": None}})
        try:
            self._kubectl("patch", kind, *_place(item), "--type", "merge", "--patch", patch)
        except subprocess.CalledProcessError as error:
            if "NotFound" not in _said(error):
                raise

    def _kubectl(self, *arguments: str) -> str:
        return _run(["kubectl", *arguments, "--kubeconfig", self._kubeconfig])


def label(kind: str, item: dict[str, Any]) -> str:
    """How a person would name an object."""
    metadata = item["metadata"]
    return "/".join(filter(None, (kind.partition(".")[0], metadata.get("namespace"), metadata["name"])))


def _place(item: dict[str, Any]) -> list[str]:
    metadata = item["metadata"]
    where = ["--namespace", metadata["namespace"]] if "namespace" in metadata else []
    return [metadata["name"], *where]


def _run(command: list[str]) -> str:
    log.info("%s", command)
    output: bytes = subprocess.check_output(command, stderr=subprocess.PIPE, timeout=120)  # noqa: S603 - our own words
    return output.decode()


def _said(error: subprocess.CalledProcessError) -> str:
    return "".join(part.decode(errors="replace") for part in (error.output, error.stderr) if part)
