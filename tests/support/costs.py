"""What tests cost: processor time, also of what they started. It hardly depends on what else the machine does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

OPTION = "--times"
COST = "processor seconds"
_SHOWN = 30
_HERTZ = os.sysconf("SC_CLK_TCK")
_PROCESSES = Path("/proc")


def spent(process: int | None = None) -> float:
    """Seconds that a process, those that it started and theirs have had; of its own, where the system does not say."""
    if not _PROCESSES.joinpath("self/task").exists():
        return sum(os.times()[:4])
    process = process or os.getpid()
    try:
        # After the name, which may have anything in it: user and system time of its own, and of what has ended.
        fields = (_PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _HERTZ + sum(map(spent, _children(process)))
    except OSError:  # it has ended meanwhile
        return 0.0


def _children(process: int) -> Iterator[int]:
    for thread in (_PROCESSES / str(process) / "task").iterdir():
        yield from map(int, (thread / "children").read_text().split())


def lines(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """What is to be said at the end: the sum, the files and the tests that cost most."""
    tests: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for report in reports:
        # The last one has the costs of all its parts.
        if report.when == "teardown":
            cost = sum(float(value) for name, value in report.user_properties if name == COST)
            tests[report.nodeid] += cost
            files[report.nodeid.partition("::")[0]] += cost
    yield f"processor time of {len(tests)} tests: {sum(tests.values()):.0f} s"
    for kind, found in (("files", files), ("tests", tests)):
        yield f"{kind} that cost most:"
        yield from (f"{cost:8.1f} s  {name}" for name, cost in found.most_common(_SHOWN) if cost >= 0.1)
