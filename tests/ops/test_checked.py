"""What the CDK has checked once is not checked again, and what is new in any way is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ops import checked
from ops.checked import ROOT, SOURCES, Checked, key
from tests.support.sources import of_sources

REPORT = "validation-report.json"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a file and a folder, and the folder that it synthesizes into."""
    for name in ("CDK_VALIDATION", "CDK_CONTEXT_JSON", "CONTEXT_OVERFLOW_LOCATION_ENV"):
        # Set and unset, so that what the program sets itself is taken back.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "cdk.out"))
    monkeypatch.setattr(checked, "SOURCES", ("stacks", "cdk.json"))
    (tmp_path / "cdk.out").mkdir()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "platform.py").write_text("a = 1\n")
    (tmp_path / "cdk.json").write_text("{}")
    return tmp_path


def synthesize(project: Path, *violations: str) -> bool:
    """Whether the CDK was told to check; it says these things if so."""
    os.environ.pop("CDK_VALIDATION", None)
    known = Checked(root=project)
    checks = os.environ.get("CDK_VALIDATION") != "false"
    if checks:
        report = {"pluginReports": [{"violations": list(violations)}]}
        (project / "cdk.out" / REPORT).write_text(json.dumps(report))
    known.remember()
    return checks


def test_once_is_enough(project: Path) -> None:
    assert synthesize(project)
    assert not synthesize(project)


def test_what_was_said_is_said_again(project: Path) -> None:
    assert synthesize(project, "a warning")
    assert synthesize(project, "a warning")


def test_what_was_said_of_others_is_not_said_of_these(project: Path) -> None:
    synthesize(project)
    (project / "stacks" / "platform.py").write_text("a = 2\n")
    synthesize(project, "a fault")
    (project / "stacks" / "platform.py").write_text("a = 1\n")
    assert not synthesize(project)
    assert not (project / "cdk.out" / REPORT).exists()


def test_another_source_is_another_key(project: Path) -> None:
    keys = [key(project)]

    def changed() -> None:
        keys.append(key(project))
        assert len(set(keys)) == len(keys)

    (project / "stacks" / "platform.py").write_text("a = 2\n")
    changed()
    (project / "stacks" / "more.yaml").write_text("a: 1\n")
    changed()
    (project / "stacks" / "more.yaml").rename(project / "stacks" / "other.yaml")
    changed()
    (project / "cdk.json").write_text('{"context": {}}')
    changed()


def test_another_context_is_another_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [key(project)]
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"size": "dev"}')
    keys.append(key(project))
    long = project / "context.json"
    long.write_text('{"region": "eu-west-1"}')
    monkeypatch.setenv("CONTEXT_OVERFLOW_LOCATION_ENV", str(long))
    keys.append(key(project))
    long.write_text('{"region": "eu-west-2"}')
    keys.append(key(project))
    assert len(set(keys)) == 4


def test_another_library_is_another_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(project)
    monkeypatch.setattr(checked, "version", lambda _name: "0.0.1")
    assert key(project) != before


def test_a_compiled_file_is_no_source(project: Path) -> None:
    before = key(project)
    (project / "stacks" / "__pycache__").mkdir()
    (project / "stacks" / "__pycache__" / "platform.pyc").write_text("")
    assert key(project) == before


def test_a_folder_that_cannot_be_written_costs_no_more_than_time(project: Path) -> None:
    (project / ".cache").write_text("")
    assert synthesize(project)
    assert synthesize(project)


def test_all_sources_are_there() -> None:
    assert [name for name in SOURCES if not (ROOT / name).exists()] == []


PROGRAM = """
import json, os, sys
opened = set()
sys.addaudithook(lambda event, arguments: opened.add(str(arguments[0])) if event == "open" else None)
import app
app.main()
print(json.dumps(sorted(opened)))
"""


def opened() -> list[str]:
    """What a synthesis opens of the project, and what it uploads."""
    with TemporaryDirectory() as folder:
        context = json.dumps({"size": "dev", "aws:cdk:disable-asset-staging": True})
        environment = {**os.environ, "CDK_OUTDIR": folder, "CDK_VALIDATION": "false", "CDK_CONTEXT_JSON": context}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        files = json.loads((Path(folder) / "airflow.assets.json").read_text())["files"].values()
    paths = [Path(each) for each in (*json.loads(done.stdout), *(each["source"]["path"] for each in files))]
    return sorted({each.relative_to(ROOT).parts[0] for each in paths if each.is_relative_to(ROOT)})


def test_a_synthesis_reads_nothing_else() -> None:
    # Of `ops` it has what runs it. Marks, libraries and what is compiled are no sources.
    known = {*SOURCES, "ops", ".venv", ".cache", "__pycache__"}
    assert set(of_sources("opened", (), opened)) - known == set()
