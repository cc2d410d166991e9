"""A session's cluster with its AWS: made, or attached to."""

from __future__ import annotations

import ipaddress
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.releases.folder import charts_folder
from ops.sandbox.pretend_cluster.install import REAL_CLUSTER
from ops.sandbox.process import Sandbox, sandbox
from ops.sandbox.regions import ACCOUNT
from settings import Settings, SettingsError, cdk_json_context, load_settings
from tests.cluster import clean, images, preflight
from tests.cluster.aws_side import aws_side
from tests.cluster.choice import Choice
from tests.cluster.cluster import Cluster
from tests.cluster.kube import Kube
from tests.cluster.stand_ins import charts


class NotPossibleError(Exception):
    """A run is not possible here. The message says why, and what to do."""


@contextmanager
def attached(choice: Choice, kube: Kube, folder: Path) -> Iterator[Cluster]:
    """A cluster whose AWS is another session's, or nobody's."""
    running = Sandbox(endpoint=choice.attach, state=folder)
    os.environ.update(running.environment(choice.region))
    cluster = Cluster(choice=choice, kube=kube, sandbox=running, folder=folder)
    cluster.certificate = choice.certificate
    wanted = images.references(_settings(choice.context), account=ACCOUNT)
    names = images.on_nodes(kube)
    cluster.absent = frozenset(key for key, reference in wanted.items() if not images.is_there(reference, names))
    yield cluster


@contextmanager
def own(choice: Choice, kube: Kube, folder: Path) -> Iterator[Cluster]:
    """A cluster whose AWS is made here. Raises NotPossibleError where something for it is missing."""
    host = Cluster(choice=choice, kube=kube, sandbox=Sandbox(endpoint="", state=folder), folder=folder).host
    # The platform's rules take addresses of the VPC for inside: here the network of nodes and of this machine is.
    network = str(ipaddress.ip_network(f"{host}/16", strict=False))
    context = {
        "network.cidr": network,
        # It comes with EKS' own add-on, which is nowhere but in AWS.
        "addons.container_insights": "false",
        # One node has room for several workers: no Karpenter makes another one.
        "airflow.workers.cpu": "500m",
        **choice.context,
    }
    clean.clean(kube)
    wanted = images.references(_settings(context), account=ACCOUNT)
    absent = images.absent(kube, wanted)
    try:
        # What the person says goes before what is found.
        context = {**context, **images.switched_off(absent), **choice.more}
    except LookupError as error:
        raise NotPossibleError(f"no node has the image {wanted[error.args[0]]}, and none can pull it") from None
    settings = _settings(context)
    missing = [*preflight.missing(host, settings), *preflight.closed(kube, settings)]
    if missing:
        raise NotPossibleError("\n".join(missing))
    programs = folder / "bin"
    programs.mkdir()
    (folder / "helm").mkdir()
    helm, kubectl = preflight.programs(folder / "helm")
    charts.install(programs / "helm", folder=charts_folder().resolve(), helm=helm)
    (programs / "kubectl").symlink_to(kubectl)
    os.environ |= {
        "PATH": os.pathsep.join((str(programs), os.environ["PATH"])),
        "KUBECONFIG": str(kube.kubeconfig),
        REAL_CLUSTER: "1",
    }
    with sandbox(folder / "aws") as running:
        os.environ.update(running.environment(settings.region))
        with aws_side(
            choice=choice, kube=kube, sandbox=running, settings=settings, image=wanted["airflow"], folder=folder
        ) as cluster:
            cluster.context, cluster.absent = context, absent
            yield cluster


def hold(cluster: Cluster) -> None:
    """Wait for Ctrl-C, and say how to attach."""
    settings = " ".join(f"{key}={value}" for key, value in cluster.context.items() if key != "name")
    lines = [f"CLUSTER_ATTACH={cluster.sandbox.endpoint}", f"CLUSTER_CERTIFICATE={cluster.certificate}"]
    print("", *lines, f"CLUSTER_SET='{settings}'", sep="\n", file=sys.__stderr__, flush=True)
    threading.Event().wait()


def _settings(context: dict[str, str]) -> Settings:
    try:
        return load_settings({**cdk_json_context(), **context})
    except SettingsError as error:
        raise NotPossibleError(str(error)) from None
