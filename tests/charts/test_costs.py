"""Costs of tests are processor time, of what a test starts too, and the dearest are named."""

from __future__ import annotations

import subprocess
import sys
from subprocess import PIPE

import pytest

from tests.support.costs import COST, lines, spent


def report(name: str, *costs: float, when: str = "teardown") -> pytest.TestReport:
    properties = [(COST, cost) for cost in costs]
    return pytest.TestReport(name, ("", 0, ""), {}, "passed", None, when, user_properties=properties)  # type: ignore[arg-type]


def test_what_was_started_counts_while_it_runs_and_after_it() -> None:
    before = spent()
    program = "import time\nwhile time.process_time() < 0.5: pass\nprint('done', flush=True)\ninput()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    assert spent() - before >= 0.45
    process.communicate("\n")
    assert spent() - before >= 0.45


def test_the_dearest_come_first() -> None:
    said = list(
        lines(
            [
                report("a.py::cheap", 0.1, 0.1, 0.0),
                report("a.py::cheap", 9.0, when="call"),
                report("b.py::dear", 0.5, 2.0, 0.5),
                report("a.py::middle", 1.0),
                report("a.py::nothing", 0.0),
            ]
        )
    )
    assert said == [
        "processor time of 4 tests: 4 s",
        "files that cost most:",
        "     3.0 s  b.py",
        "     1.2 s  a.py",
        "tests that cost most:",
        "     3.0 s  b.py::dear",
        "     1.0 s  a.py::middle",
        "     0.2 s  a.py::cheap",
    ]
