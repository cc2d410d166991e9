"""``ops demo`` and the process behind it, as far as the two lives do not show it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.commands import app
from ops.sandbox.process import Sandbox
from tests.sandbox.conftest import REGION, ROOT

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [(("--partition", "aws-us-gov"), "aws-cn"), (("--partition", "aws-cn", "--region", "us-west-2"), "cn-northwest-1")],
)
def test_wrong_place_is_refused(arguments: tuple[str, ...], allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The command takes credentials out of its process's environment, which is this one here.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    result = CliRunner().invoke(app, ["demo", *arguments], env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert allowed in result.output


def test_interrupted_it_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "demo"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    endpoint = line.split()[5].rstrip(".")
    # In the middle of `cdk bootstrap`.
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert "Stopped." in output
    assert list(tmp_path.glob("airflow-eks-demo-*")) == []
    port = endpoint.rpartition(":")[2]
    listening = subprocess.run(["sh", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True, check=False)
    assert listening.returncode != 0


def test_killed_it_takes_its_programs_along(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "demo"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    # In the middle of `cdk bootstrap`, which has a stack in work.
    assert any("CREATE_IN_PROGRESS" in line for line in process.stdout)
    process.kill()
    process.wait()
    # The programs have its output open for as long as they live.
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    reader.start()
    reader.join(timeout=20)
    assert not reader.is_alive()


def test_environment_has_no_credentials_but_its_own(server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ENDPOINT_URL_S3",
    ):
        monkeypatch.setenv(name, "a-real-one")
    environment = server.environment(REGION)
    assert "a-real-one" not in environment.values()
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_programs_reach_loopback_and_nothing_else(server: Sandbox) -> None:
    environment = server.environment(REGION)
    node = shutil.which("node", path=environment["PATH"])
    assert node is not None
    script = """
      const said = (call) => { try { call(); } catch (error) { return error.message; } };
      console.log(JSON.stringify([
        said(() => require("net").connect(80, "192.0.2.1")),
        said(() => require("https").request({ hostname: "example.com" }).on("error", () => {}).end()),
      ]));
      process.exit(0);
    """
    done = subprocess.run([node, "-e", script], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        f"the sandbox talks to nothing but loopback, and {host} is not that" for host in ("192.0.2.1", "example.com")
    ]
