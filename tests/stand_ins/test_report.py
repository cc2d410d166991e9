"""What a run leaves to read."""

from __future__ import annotations

import pytest

from tests.cluster.report import Table


def _report(when: str, outcome: str, longrepr: object = None) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid="tests/cluster/test_x.py::test_y",
        location=("x", 1, "y"),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]
        longrepr=longrepr,  # type: ignore[arg-type]
        when=when,  # type: ignore[arg-type]
        duration=61.4,
    )


def test_each_test_is_a_row_with_its_seconds_and_why_it_was_not_run() -> None:
    table = Table()
    for report in (
        _report("setup", "passed"),
        _report("call", "passed"),
        _report("teardown", "passed"),
        _report("setup", "skipped", ("file", 1, "Skipped: no image here: grafana")),
        _report("call", "failed", "assert 1 == 2\nE  a | b"),
        _report("setup", "failed", "E  cdk deploy ended"),
    ):
        table.add(report)
    assert table.text().splitlines()[2:] == [
        "| test_x.py::test_y | passed | 123 |  |",
        "| test_x.py::test_y | skipped | 61 | no image here: grafana |",
        "| test_x.py::test_y | failed | 123 | E a / b |",
        "| test_x.py::test_y | failed in setup | 61 | E cdk deploy ended |",
    ]
