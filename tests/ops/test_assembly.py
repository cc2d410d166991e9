"""Reading what ``cdk synth`` wrote: which stack is meant, and folders that hold none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.assembly import AssemblyError, read_assembly
from tests.ops.upgrade_kit import platform, synthesize


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """An application to which somebody has added a stack; it comes first."""
    folder = synthesize(tmp_path, platform())
    manifest = json.loads((folder / "manifest.json").read_text())
    other = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "other.template.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"other": other, **manifest["artifacts"]}}))
    return folder


def test_the_only_stack_needs_no_name(tmp_path: Path) -> None:
    folder = synthesize(tmp_path, platform(), name="team-a")
    assert read_assembly(folder).root.name == read_assembly(folder, name="airflow").root.name == "team-a"


def test_the_stack_that_is_named(two: Path) -> None:
    assembly = read_assembly(two, name="airflow")
    assert (assembly.root.name, [stack.name for stack in assembly.nested]) == ("airflow", ["One"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "holds the stacks other, airflow; say which one by --name"),
        ("team-a", "holds the stacks other, airflow, and none is called team-a"),
    ],
)
def test_a_stack_that_is_not_there(two: Path, name: str | None, said: str) -> None:
    with pytest.raises(AssemblyError, match=said):
        read_assembly(two, name=name)


def test_an_application_without_a_stack(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {}}))
    with pytest.raises(AssemblyError, match="holds no stack"):
        read_assembly(tmp_path)
