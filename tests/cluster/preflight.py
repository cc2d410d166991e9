"""What a run needs before it changes anything: said all at once, with what to do."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from pathlib import Path

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from ops.local.programs import find_programs
from ops.names import AIRFLOW_NAMESPACE, PLATFORM_NAMESPACES
from ops.releases.folder import charts_folder
from settings import Settings
from settings.pulled import pulled
from settings.urls import HTTPS_PORT
from tests.charts.rendering import layer_program
from tests.cluster import clean, pools
from tests.cluster.kube import Kube

# The scheme of a node's providerID, where a cloud's controller sets one: EKS, GKE, AKS.
_CLOUDS = {"aws", "gce", "azure"}
_OURS = {AIRFLOW_NAMESPACE, *PLATFORM_NAMESPACES} - {"kube-system"}
PORTS = {443: "AWS' names", 5432: "the database", 6379: "the queue"}


def unusable(kube: Kube) -> str:
    """Why the cluster cannot be used; nothing where it can. Asked before anything is changed or taken away."""
    try:
        nodes = kube.core.list_node(_request_timeout=(5, 10)).items
    except (ApiException, HTTPError, OSError, ValueError) as error:
        return f"{kube.kubeconfig}: the cluster does not answer: {' '.join(str(error).split())[:200]}"
    providers = {(node.spec.provider_id or "").partition("://")[0] for node in nodes}
    if found := sorted(providers & _CLOUDS):
        return (
            f"{kube.kubeconfig}: the nodes are instances of a cloud ({', '.join(found)}). The tests change nodes, DNS"
            " and webhooks of a cluster: take one on a machine of yours, to be thrown away (docs/test-cluster.md)"
        )
    if not clean.remembered(kube):
        names = {each.metadata.name for each in kube.core.list_namespace(_request_timeout=(5, 10)).items}
        if taken := sorted(names & _OURS):
            return (
                f"{kube.kubeconfig}: the cluster has namespaces {', '.join(taken)}, and no run of these tests made"
                " them. Take a cluster without the platform"
            )
    usable = [node for node in nodes if node.metadata.labels.get("node-role.kubernetes.io/control-plane") is None]
    if len(usable) < pools.LEAST:
        return f"{len(usable)} nodes beside the control plane, {pools.LEAST} are needed: one for each pool of nodes"
    return ""


def missing(host: str, settings: Settings) -> list[str]:
    """What is not there on this machine: programs, charts, ports of the address that pods reach."""
    programs = find_programs()
    there = {"PostgreSQL": programs.postgres, "Redis": programs.redis}
    found = [f"{name} is not installed" for name, program in there.items() if program is None]
    found += [f"{name} is not installed" for name in ("git", "node") if not shutil.which(name, path=_path())]
    archives = [release.archive for release in pulled(settings).charts.values()]
    absent = [archive for archive in archives if not (charts_folder() / archive).is_file()]
    if absent:
        found.append(f"{charts_folder()} has no {', '.join(absent)}: make charts fetches them")
    for port, whose in PORTS.items():
        try:
            with socket.socket() as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((host, port))
        except PermissionError:
            found.append(f"port {port} of {host}, for {whose}, is only for root")
        except OSError as error:
            found.append(f"port {port} of {host}, for {whose}: {error.strerror}")
    return found


def closed(kube: Kube, settings: Settings) -> list[str]:
    """Why the platform's pods could not reach the API server: policies see its own port, not that of its Service."""
    if not settings.cluster.network_policies:
        return []
    there = kube.core.read_namespaced_endpoints("kubernetes", "default")
    ports = {port.port for subset in there.subsets or () for port in subset.ports or ()}
    if ports <= {HTTPS_PORT}:
        return []
    named = ", ".join(map(str, sorted(ports)))
    told = f"the API server listens on port {named}; network policies let pods out to {HTTPS_PORT}, which EKS has"
    return [
        f"{told}. Take a cluster that has it too, or go without policies: CLUSTER_SET=cluster.network_policies=false"
    ]


def programs(folder: Path) -> tuple[Path, Path]:
    """Helm and kubectl: those that the platform's own handler runs, or this machine's where those cannot run here.

    Raises FileNotFoundError where there is none.
    """
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        return layer_program("helm", folder), layer_program("kubectl", folder)
    found = [shutil.which(name) for name in ("helm", "kubectl")]
    if None in found:
        raise FileNotFoundError("helm and kubectl have to be on PATH: those of the platform do not run on this machine")
    return Path(str(found[0])), Path(str(found[1]))


def _path() -> str:
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
