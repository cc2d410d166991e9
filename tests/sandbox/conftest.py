"""Sandboxes to look at. The lives take longest: they begin with the folder's first test, beside all others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
NINGXIA = "cn-northwest-1"


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


def synthesize(
    folder: Path, region: str, partition: str, size: str = "dev", settings: Mapping[str, Any] | None = None
) -> Path:
    """As `cdk synth` does, without another interpreter: the demo shows that the command line can do it."""
    metadata = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
    context = {**cdk_json_context(), **metadata, "region": region, "partition": partition, "size": size}
    context |= settings or {}
    app = App(context=context, outdir=str(folder), analytics_reporting=False)
    Platform(app, settings=load_settings(context))
    app.synth()
    return folder


@pytest.fixture(scope="session", autouse=True)
def lives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """The lives, each begun if a test is going to ask for it.

    The partition's default region has the demo's, with the command line's own synthesis; another one a short life.
    """
    asked = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    folder = tmp_path_factory.mktemp("life")
    running = {}
    if "china_demo" in asked:
        running["demo"] = Running(process=_start("ops", "demo", "--partition", "aws-cn"))
    for name, fixture, region, partition, more in (
        ("life", "life", REGION, "aws", ()),
        ("ningxia", "ningxia_life", NINGXIA, "aws-cn", ("short",)),
    ):
        if fixture not in asked:
            continue
        assembly, record = synthesize(folder / name, region, partition), folder / f"{name}.json"
        process = _start("tests.sandbox.life", region, str(assembly), str(record), *more)
        running[name] = Running(process=process, record=record)
    yield running
    for one in running.values():
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait()


@pytest.fixture(scope="session")
def life(lives: dict[str, Running]) -> dict[str, Any]:
    """The record of the platform's life in us-west-2."""
    return _record(lives["life"])


@pytest.fixture(scope="session")
def ningxia_life(lives: dict[str, Running]) -> dict[str, Any]:
    """The record of the platform's short life in the other China region."""
    return _record(lives["ningxia"])


def _record(running: Running) -> dict[str, Any]:
    output = running.wait()
    assert running.process.returncode == 0, output
    assert running.record is not None
    found: dict[str, Any] = json.loads(running.record.read_text())
    return found


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
