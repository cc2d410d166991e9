"""Sandboxes to look at. The two lives take longest: they begin with the folder's first test, beside all others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from ops.sandbox.aws import Aws
from ops.sandbox.process import Sandbox, sandbox
from settings import cdk_json_context, load_settings
from stacks.platform import Platform

ROOT = Path(__file__).parents[2]
REGION = "us-west-2"


@dataclass(kw_only=True)
class Running:
    """A program that runs beside the tests."""

    process: subprocess.Popen[str]
    record: Path | None = None
    output: str | None = None

    def wait(self) -> str:
        """Its output, when it has ended."""
        if self.output is None:
            self.output, _ = self.process.communicate()
        return self.output


def _start(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Credentials that nobody may use, and an endpoint that must not be asked.
    environment |= {"AWS_PROFILE": "somebody", "AWS_ENDPOINT_URL": "http://192.0.2.1", "COLUMNS": "160"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _synthesize(folder: Path) -> Path:
    """As `cdk synth` does, without another interpreter: the demo shows that the command line can do it."""
    metadata = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
    context = {**cdk_json_context(), **metadata, "region": REGION, "size": "dev"}
    app = App(context=context, outdir=str(folder), analytics_reporting=False)
    Platform(app, settings=load_settings(context))
    app.synth()
    return folder


@pytest.fixture(scope="session", autouse=True)
def lives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """Both lives, begun if a test is going to ask for them."""
    if not any({"life", "china_demo"} & set(getattr(item, "fixturenames", ())) for item in request.session.items):
        yield {}
        return
    folder = tmp_path_factory.mktemp("life")
    record = folder / "record.json"
    running = {"demo": Running(process=_start("ops", "demo", "--partition", "aws-cn"))}
    assembly = _synthesize(folder / "assembly")
    running["life"] = Running(process=_start("tests.sandbox.life", REGION, str(assembly), str(record)), record=record)
    yield running
    for one in running.values():
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait()


@pytest.fixture(scope="session")
def life(lives: dict[str, Running]) -> dict[str, Any]:
    """The record of the platform's life in us-west-2."""
    output = lives["life"].wait()
    assert lives["life"].process.returncode == 0, output
    record = lives["life"].record
    assert record is not None
    return json.loads(record.read_text())


@pytest.fixture(scope="session")
def china_demo(lives: dict[str, Running]) -> str:
    """What ``ops demo --partition aws-cn`` printed."""
    output = lives["demo"].wait()
    assert lives["demo"].process.returncode == 0, output
    return output


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An empty sandbox, for tests that make small stacks in it."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="session")
def aws(server: Sandbox) -> Aws:
    """The empty sandbox's us-west-2."""
    return Aws(endpoint=server.endpoint, region=REGION)
