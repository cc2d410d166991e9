"""Where tests find the charts' own files: in the archives, else in a folder beside the repository, else not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import load_releases
from tests.charts import rendering
from tests.charts.rendering import NO_CHART
from tests.mirror.content import chart
from tests.support import reference

ARCHIVE = load_releases().charts["keda"].archive


class Forgetful(set[str]):
    """In the place of the charts that tests have taken: the end of the run tells nothing of those of this file."""

    def add(self, element: str) -> None:
        """Forget it."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of charts without any, and nothing beside the repository."""
    monkeypatch.setenv("HELM_CHARTS", str(tmp_path))
    monkeypatch.setattr(reference, "FOLDER", tmp_path / "reference")
    monkeypatch.setattr(rendering, "_taken", Forgetful())
    cached = (reference.text, reference._parsed, reference.custom_resource_schemas, reference.values_schema)
    for each in cached:
        each.cache_clear()
    yield tmp_path
    for each in cached:
        each.cache_clear()


def beside(folder: Path) -> None:
    """Let there be files of the chart beside the repository."""
    there = folder / "reference" / "charts" / "keda"
    there.mkdir(parents=True)
    (there / "Chart.yaml").write_text("{name: keda, version: beside}", encoding="utf-8")


def test_the_archive_comes_first(folder: Path) -> None:
    beside(folder)
    (folder / ARCHIVE).write_bytes(chart("keda", "in-the-archive"))
    assert reference.metadata("keda")["version"] == "in-the-archive"
    assert reference.values_schema("keda") is None


def test_what_lies_beside_the_repository_is_taken_where_there_is_no_archive(folder: Path) -> None:
    beside(folder)
    assert reference.metadata("keda")["version"] == "beside"
    assert reference.default_values("keda") == {}


@pytest.mark.parametrize("ask", [reference.metadata, reference.default_values, reference.values_schema])
@pytest.mark.usefixtures("folder")
def test_a_test_without_either_is_skipped_by_the_chart_s_name(ask: object) -> None:
    with pytest.raises(pytest.skip.Exception, match=f"{NO_CHART}{ARCHIVE}"):
        ask("keda")  # type: ignore[operator]


@pytest.mark.usefixtures("folder")
def test_so_is_one_that_needs_definitions() -> None:
    with pytest.raises(pytest.skip.Exception, match=NO_CHART):
        reference.custom_resource_schemas()
