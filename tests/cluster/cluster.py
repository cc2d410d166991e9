"""The cluster that the session uses, and the in-memory AWS in front of which it stands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ops.sandbox.process import Sandbox
from tests.cluster.choice import Choice
from tests.cluster.kube import Kube


class Cluster:
    """A cluster with all of AWS that a cluster needs: what a session makes, or what it attaches to."""

    def __init__(self, *, choice: Choice, kube: Kube, sandbox: Sandbox, folder: Path) -> None:
        self.choice, self.kube, self.sandbox, self.folder = choice, kube, sandbox, folder
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

    def away(self, what: str) -> AbstractContextManager[None]:
        """Take the ``database`` or the ``queue`` away for as long as the block runs."""
        raise NotImplementedError(f"{what}: the session has none of its own")
