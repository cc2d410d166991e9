"""The end of a test run tells of the charts that were rendered without being what is pinned, and of absent ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from settings import load_releases
from tests.charts import rendering
from tests.charts.rendering import NO_CHART
from tests.support import ending


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of charts: one as it is pinned, one made by hand, one of which there is no digest."""
    pinned, loose = hashlib.sha256(b"published").hexdigest(), {"sha256": None, "digest": None}
    table = load_releases()
    charts = dict(table.charts)
    for key, update in (("keda", {"sha256": pinned}), ("grafana", {"sha256": pinned}), ("opencost", loose)):
        charts[key] = charts[key].model_copy(update=update)
        content = b"published" if key == "keda" else b"made by hand"
        (tmp_path / charts[key].archive).write_bytes(content)
    for module in ("tests.charts.rendering", "tests.support.ending"):
        monkeypatch.setattr(f"{module}.load_releases", lambda: table.model_copy(update={"charts": charts}))
    monkeypatch.setenv("HELM_CHARTS", str(tmp_path))
    return tmp_path


def report(*taken_charts: str, skipped: str | None = None) -> pytest.TestReport:
    """A test that has run, or was skipped for a reason."""
    properties: list[tuple[str, object]] = [(ending.CHART, key) for key in taken_charts]
    longrepr = ("test.py", 1, f"Skipped: {skipped}") if skipped else None
    outcome = "skipped" if skipped else "passed"
    return pytest.TestReport("test", ("test.py", 1, "test"), {}, outcome, longrepr, "call", user_properties=properties)  # type: ignore[arg-type]


@pytest.mark.usefixtures("folder")
def test_charts_that_are_what_is_pinned_are_not_spoken_of() -> None:
    assert list(ending.lines([report("keda"), report()])) == []


def test_charts_that_were_not_checked_are_named(folder: Path) -> None:
    names = {key: load_releases().charts[key].archive for key in ("grafana", "opencost")}
    assert list(ending.lines([report("keda", "grafana"), report("opencost", "grafana")])) == [
        f"charts of {folder} that are not what settings/releases.yaml pins: {names['grafana']}",
        f"charts of {folder} that are not checked, for want of a digest in settings/releases.yaml: {names['opencost']}",
    ]


def test_charts_that_are_not_there_are_counted(folder: Path) -> None:
    reports = [
        report(skipped=f"{NO_CHART}airflow-1.tgz"),
        report(skipped=f"{NO_CHART}airflow-1.tgz"),
        report(skipped="no"),
    ]
    assert list(ending.lines(reports)) == [f"2 tests skipped: {folder} has no airflow-1.tgz (make charts fetches them)"]


@pytest.mark.usefixtures("folder")
def test_a_chart_that_a_test_takes_is_known_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_taken", set())
    rendering.chart_archive("grafana")
    assert rendering.taken() == {"grafana"}
    assert rendering.taken() == set()
