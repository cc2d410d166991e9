"""Calls of the stand-ins: how one arrives, and which program answers it."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ops.sandbox.aws import Aws
from ops.sandbox.pretend_cluster import faults
from ops.sandbox.pretend_cluster.state import Clusters, RefusedError

PATH = "/_sandbox/program"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a program."""

    program: str
    arguments: list[str]
    folder: Path
    """Where it was called."""
    region: str
    given: bytes
    """What came in on its standard input, where that is a password."""
    clusters: Clusters
    aws: Aws
    state: Path

    def fault(self, what: str) -> None:
        """Fail, if a test asked for it. Raises RefusedError."""
        faults.check(self.state, f"{self.program} {what}")

    def is_broken(self, release: str) -> bool:
        """Whether a test asked that a release's controller does not work."""
        return faults.is_asked(self.state, f"broken {release}")

    def cluster_of(self, kubeconfig: Path) -> str:
        """Which cluster a kubeconfig leads to. Raises RefusedError where there is none."""
        try:
            name: str = json.loads(kubeconfig.read_text(encoding="utf-8"))["current-context"]
        except FileNotFoundError:
            raise RefusedError(f"there is no kubeconfig {kubeconfig}: nobody logged in to a cluster") from None
        return name


class Parser(argparse.ArgumentParser):
    """Reads a command line. What it does not know it refuses, and never ends the process."""

    def error(self, message: str) -> NoReturn:
        raise RefusedError(f"the sandbox's {self.prog} does not know this: {message}")


Program = Callable[[Call], str]
"""What a program does. Gives its output, or raises RefusedError."""


def answer(programs: dict[str, Program], call: Call) -> tuple[int, str]:
    """Run a call. Gives exit code and output. What is refused is in the journal too, whoever swallows the code."""
    try:
        return 0, programs[call.program](call)
    except RefusedError as error:
        with call.clusters.held(call.region) as cluster:
            cluster.note("problem", shlex.join([call.program, *call.arguments]), str(error))
        return 1, f"{error}\n"
