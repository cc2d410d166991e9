"""app.py as the CDK's command line runs it: a process, a context, a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).parents[1] / "app.py"


def run(folder: Path, **context: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
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


def test_context_chooses_the_partition(tmp_path: Path) -> None:
    done = run(tmp_path / "cdk.out", partition="aws-cn", region="cn-northwest-1")
    assert done.returncode == 0, done.stderr
    artifacts = json.loads((tmp_path / "cdk.out" / "manifest.json").read_text())["artifacts"]
    stacks = {name: each for name, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}
    # One top-level stack: `cdk deploy` and `cdk destroy` need no name.
    assert set(stacks) == {"airflow"}
    assert stacks["airflow"]["environment"] == "aws://unknown-account/cn-northwest-1"
