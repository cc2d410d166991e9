"""What is synthesized, for a person to review. `make snapshots` writes it anew."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from settings import PARTITIONS
from tests.charts.builders import Object, build_charts, settings_for
from tests.support import readable
from tests.support.references import ROOT
from tests.support.synthesis import DEFAULTS, synthesize

STACKS = (ROOT, "Network", "State", "Cluster", "Controllers", "DagSource", "Airflow", "Spark", "Alarms")
CHARTS = (
    "storage",
    "keda",
    "external-secrets",
    "load-balancer-controller",
    "karpenter",
    "task-pods",
    "airflow",
    "spark",
)
FOLDER = Path(__file__).parent


class YamlFiles(SingleFileSnapshotExtension):
    """A YAML file per snapshot, under the name that the test gives, beside this file."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: Any, **_options: Any) -> str:
        return str(data)

    @classmethod
    def dirname(cls, **_where: Any) -> str:
        return str(FOLDER)

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:  # noqa: ARG003
        return str(index)

    @classmethod
    def matches_test_location(cls, **_where: Any) -> bool:
        return True

    def discover_snapshots(self, **_where: Any) -> SnapshotCollections:
        # Whatever is found and not used gets deleted, and this folder has more than snapshots: a test looks instead.
        return SnapshotCollections()


@pytest.fixture
def yaml_file(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(YamlFiles)


@cache
def charts_of(partition: str) -> dict[str, list[Object]]:
    return build_charts(settings_for(partition))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", DEFAULTS)
def test_stack(name: str, stack: str, yaml_file: SnapshotAssertion) -> None:
    assert readable.dump(readable.template(synthesize(name), stack)) == yaml_file(name=f"{name}/{stack}")


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("partition", PARTITIONS)
def test_chart(partition: str, chart: str, yaml_file: SnapshotAssertion) -> None:
    assert readable.dump_all(charts_of(partition)[chart]) == yaml_file(name=f"charts/{partition}/{chart}")


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_stack_has_a_snapshot(name: str) -> None:
    assert set(synthesize(name).templates) == set(STACKS)


def test_every_chart_has_a_snapshot() -> None:
    for partition in PARTITIONS:
        assert set(charts_of(partition)) == set(CHARTS)


def test_no_snapshot_is_left_over() -> None:
    expected = {FOLDER / name / f"{stack}.yaml" for name in DEFAULTS for stack in STACKS}
    expected |= {FOLDER / "charts" / partition / f"{chart}.yaml" for partition in PARTITIONS for chart in CHARTS}
    left_over = set(FOLDER.rglob("*.yaml")) - expected
    assert not left_over, "nothing writes them any more; delete them"
