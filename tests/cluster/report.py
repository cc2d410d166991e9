"""What a run leaves to read: a table of its tests, and for a failure what the cluster had to say at that moment."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.kube import Kube

FOLDER = Path(__file__).parents[2] / "build" / "cluster"
_SINCE = "--since=30m"
_LISTED = "pods,deployments,statefulsets,daemonsets,jobs,services,persistentvolumeclaims,networkpolicies"
_CUSTOM = "externalsecrets,scaledobjects,sparkapplications,nodepools,nodeclaims,ingresses"


@dataclass(kw_only=True)
class Row:
    """One test."""

    test: str
    result: str
    seconds: float
    why: str = ""


class Table:
    """The tests as they end."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._before: dict[str, float] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Take note of a phase of a test: the body, or what of setup and teardown went wrong.

        The seconds are those of the setup too, in which what several tests look at is made.
        """
        seconds = self._before.pop(report.nodeid, 0) + report.duration
        if report.when == "setup":
            self._before[report.nodeid] = report.duration
        if report.when != "call" and report.passed:
            return
        result = "skipped" if report.skipped else "passed" if report.passed else "failed"
        why = ""
        if report.skipped and isinstance(report.longrepr, tuple):
            why = str(report.longrepr[2]).removeprefix("Skipped: ")
        elif report.failed:
            result = result if report.when == "call" else f"failed in {report.when}"
            why = report.longreprtext.strip().rpartition("\n")[2][:200]
        test = report.nodeid.rpartition("tests/cluster/")[2]
        self.rows.append(Row(test=test, result=result, seconds=seconds, why=why))

    def text(self) -> str:
        """The table, as Markdown."""
        lines = ["| Test | Result | Seconds | Why |", "| --- | --- | ---: | --- |"]
        lines += [
            f"| {row.test} | {row.result} | {row.seconds:.0f} | {' '.join(row.why.split()).replace('|', '/')} |"
            for row in self.rows
        ]
        return "\n".join(lines) + "\n"

    def write(self) -> Path:
        """Write it where JUnit's file is."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        file = FOLDER / "results.md"
        file.write_text(self.text(), encoding="utf-8")
        return file


def keep(kube: Kube, name: str, logs: Path) -> Path:
    """Keep logs of pods, events and objects, and the logs of the programs of the session."""
    folder = FOLDER / re.sub(r"[^\w.-]+", "-", name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def ask(file: str, *arguments: str) -> None:
        with suppress(Exception):  # the cluster may be what has failed
            (folder / file).write_text(kube.kubectl(*arguments, check=False, timeout=60), encoding="utf-8")

    ask("pods.txt", "get", "pods", "--all-namespaces", "--output=wide")
    ask("nodes.yaml", "get", "nodes", "--output=yaml")
    ask("events.txt", "get", "events", "--all-namespaces", "--sort-by=.lastTimestamp")
    ask("objects.yaml", "get", _LISTED, "--all-namespaces", "--output=yaml")
    for kind in _CUSTOM.split(","):
        ask(f"{kind}.yaml", "get", kind, "--all-namespaces", "--output=yaml")
    listed = ""
    with suppress(Exception):
        listed = kube.kubectl(
            "get", "pods", "--all-namespaces", "--no-headers",
            "--output=custom-columns=S:.metadata.namespace,N:.metadata.name", check=False, timeout=60,
        )  # fmt: skip
    for line in listed.splitlines():
        namespace, pod = line.split()
        where = ("--namespace", namespace, pod, "--all-containers", "--prefix", _SINCE)
        ask(f"{namespace}.{pod}.log", "logs", *where)
    for log in [*logs.glob("*.log"), *logs.glob("aws/*.log"), *logs.glob("aws/*.jsonl"), *logs.glob("stores/*.log")]:
        with suppress(OSError):
            shutil.copy(log, folder / f"session.{log.name}")
    return folder
