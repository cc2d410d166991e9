"""app.py as the CDK's command line runs it: a process, a context, a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app.py"


def run(folder: Path, *, path: str | None = None, **context: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    if path is not None:
        environment["PATH"] = path
    return subprocess.run(
        [sys.executable, APP.name], cwd=APP.parent, env=environment, capture_output=True, text=True, check=False
    )


def test_a_wrong_setting_ends_it_with_one_message(tmp_path: Path) -> None:
    done = run(tmp_path / "cdk.out", regoin="eu-west-1")
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert "regoin" in done.stderr
    assert "region" in done.stderr.replace("regoin", "")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.json")), "half an assembly could be deployed"


def test_node_is_the_environments_own_activated_or_not(tmp_path: Path) -> None:
    """The first `node` on the PATH may be an old one, or none."""
    assert Path(sys.prefix, "bin", "node").exists()
    done = run(tmp_path / "cdk.out", path=str(tmp_path), regoin="eu-west-1")
    assert done.returncode == 1
    assert done.stderr.startswith("regoin = eu-west-1: there is no such setting")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "said"), [("cdk.out", "must be a directory"), ("cdk.out/airflow.template.json", "no space left on device")]
)
def test_a_folder_that_cannot_be_written_ends_it_with_one_message(tmp_path: Path, file: str, said: str) -> None:
    place = tmp_path / file
    place.parent.mkdir(exist_ok=True)
    place.symlink_to("/dev/full")
    done = run(tmp_path / "cdk.out", size="dev")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("the synthesized templates cannot be written: ")
    assert said in line


def test_another_python_is_told_what_to_do(tmp_path: Path) -> None:
    """The command line of the CDK runs the first `python` on the PATH, which may have nothing of what is needed."""
    program = "import sys, runpy; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2], run_name='__main__')"
    command = [sys.executable, "-S", "-I", "-c", program, str(APP.parent), str(APP)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "has no aws_cdk: run `make setup` once, then `source .venv/bin/activate`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_file_reads_as_a_table_of_contents() -> None:
    assert len(APP.read_text(encoding="utf-8").splitlines()) <= 30


def test_context_chooses_the_partition(tmp_path: Path) -> None:
    done = run(tmp_path / "cdk.out", partition="aws-cn", region="cn-northwest-1")
    assert done.returncode == 0, done.stderr
    artifacts = json.loads((tmp_path / "cdk.out" / "manifest.json").read_text())["artifacts"]
    stacks = {name: each for name, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}
    # One top-level stack: `cdk deploy` and `cdk destroy` need no name.
    assert set(stacks) == {"airflow"}
    assert stacks["airflow"]["environment"] == "aws://unknown-account/cn-northwest-1"
