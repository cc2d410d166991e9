"""The cluster that the session uses, and the in-memory AWS in front of which it stands."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from ops.sandbox.process import Sandbox
from tests.cluster.away import refused
from tests.cluster.choice import Choice
from tests.cluster.kube import Kube


class Cluster:
    """A cluster with all of AWS that a cluster needs: what a session makes, or what it attaches to."""

    def __init__(self, *, choice: Choice, kube: Kube, sandbox: Sandbox, folder: Path) -> None:
        self.choice, self.kube, self.sandbox, self.folder = choice, kube, sandbox, folder
        self.context = choice.context
        """The CDK's context of the deployment."""
        self.absent: frozenset[str] = frozenset()
        """Keys of the images that no node has and none can pull."""
        self.certificate = ""
        """File with the certificate that git and others trust AWS' names by; empty where the session made none."""

    @property
    def attached(self) -> bool:
        """Whether what is there is not the session's own."""
        return bool(self.choice.attach)

    def kubectl(self, *arguments: str, text: str | None = None, check: bool = True) -> str:
        """See Kube.kubectl."""
        return self.kube.kubectl(*arguments, text=text, check=check)

    @cached_property
    def host(self) -> str:
        """Address of this machine that pods reach: the one from which it reaches the first node."""
        if self.choice.host:
            return self.choice.host
        addresses = self.kube.core.list_node().items[0].status.addresses
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect((next(each.address for each in addresses if each.type == "InternalIP"), 1))
            found: str = one.getsockname()[0]
            return found

    def failures(self) -> list[str]:
        """What went wrong in the stand-ins so far."""
        return []

    def away(self, what: str) -> AbstractContextManager[None]:
        """Take the ``database`` or the ``queue`` away for as long as the block runs."""
        return refused(what)
