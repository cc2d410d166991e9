"""The cluster's API: kubectl, and the clients of the Kubernetes library."""

from __future__ import annotations

import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

from kubernetes import client, config

from ops.kubernetes_api import KubernetesApi, kubeconfig_api


class Kube:
    """One cluster, as its kubeconfig lets the caller in."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig

    def kubectl(self, *arguments: str, text: str | None = None, check: bool = True, timeout: float = 300) -> str:
        """Run kubectl with ``text`` for its input, and give its output. Fails with what kubectl says."""
        program = shutil.which("kubectl") or "kubectl"
        done = subprocess.run(
            [program, "--kubeconfig", str(self.kubeconfig), *arguments],
            input=text, capture_output=True, text=True, check=False, timeout=timeout,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    @cached_property
    def api(self) -> KubernetesApi:
        """What ``ops verify`` reads by."""
        return kubeconfig_api(self.kubeconfig, None)

    @cached_property
    def _client(self) -> Any:
        return config.new_client_from_config(config_file=str(self.kubeconfig), persist_config=False)

    @cached_property
    def core(self) -> Any:
        """Pods, nodes, Services, ConfigMaps, Secrets."""
        return client.CoreV1Api(self._client)

    @cached_property
    def apps(self) -> Any:
        """Deployments, StatefulSets, DaemonSets."""
        return client.AppsV1Api(self._client)

    @cached_property
    def batch(self) -> Any:
        """Jobs."""
        return client.BatchV1Api(self._client)

    @cached_property
    def networking(self) -> Any:
        """NetworkPolicies and Ingresses."""
        return client.NetworkingV1Api(self._client)

    @cached_property
    def custom(self) -> Any:
        """Custom kinds."""
        return client.CustomObjectsApi(self._client)
