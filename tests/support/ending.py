"""The end of a test run: what it says of the charts that were rendered, and of those that were not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.releases.folder import Standing, charts_folder, standing
from settings import load_releases
from tests.charts.rendering import NO_CHART

CHART = "chart"
"""Name of the property of a test's report that says which chart the test took."""


def lines(reports: list[pytest.TestReport]) -> Iterator[str]:
    """What is left to say when all tests have run."""
    keys = {str(key) for report in reports for name, key in report.user_properties if name == CHART}
    yield from _not_checked(keys)
    yield from _skipped([str(report.longrepr[2]) for report in reports if isinstance(report.longrepr, tuple)])


def _not_checked(keys: set[str]) -> Iterator[str]:
    """Tests render what lies in the folder, so that one can try another chart: then the result is that chart's."""
    found: dict[Standing, list[str]] = {}
    for release in (load_releases().charts[key] for key in sorted(keys)):
        found.setdefault(standing(release, charts_folder()), []).append(release.archive)
    for known in (Standing.OTHER, Standing.UNPINNED):
        if known in found:
            yield f"charts of {charts_folder()} that are {known}: {', '.join(found[known])}"


def _skipped(reasons: list[str]) -> Iterator[str]:
    archives = [reason.partition(NO_CHART)[2] for reason in reasons if NO_CHART in reason]
    if archives:
        named = ", ".join(sorted(set(archives)))
        yield f"{len(archives)} tests skipped: {charts_folder()} has no {named} (make charts fetches them)"
