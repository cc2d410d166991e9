"""The scheduler's probe, against the health server of the real Airflow and the metadata database."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from charts.airflow.probes import scheduler_health_environment, scheduler_probes
from tests.local.conftest import AIRFLOW_PYTHON, Running, free_ports

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

PORT = "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT"
# What a scheduler starts beside itself.
SERVER = 'source "$0"; exec "$1" -c "from airflow.utils.scheduler_health import serve_health_check as s; s()"'
START_SECONDS = 60


@contextmanager
def health_server(running: Running, **more: str) -> Iterator[list[str]]:
    """The server on a port that is free; gives the probe's command for it."""
    variables = {each["name"]: each["value"] for each in scheduler_health_environment()}
    port = str(free_ports().web)
    process = subprocess.Popen(
        ["bash", "-c", SERVER, str(running.folder.shell), str(AIRFLOW_PYTHON)],
        env={**os.environ, **variables, PORT: port, **more},
        cwd=running.folder.path,
    )
    try:
        yield [part.replace(variables[PORT], port) for part in scheduler_probes()["livenessProbe"]["command"]]
    finally:
        process.kill()
        process.wait()


def ask(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Ask until the server is there."""
    deadline = time.monotonic() + START_SECONDS
    program = [str(AIRFLOW_PYTHON), *command[1:]]
    while True:
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=30)
        if "Connection refused" not in done.stderr or time.monotonic() > deadline:
            return done
        time.sleep(0.5)


def test_a_scheduler_that_works_is_alive(running: Running) -> None:
    with health_server(running) as command:
        done = ask(command)
    assert done.returncode == 0, done.stderr


def test_a_host_without_a_scheduler_is_not(running: Running) -> None:
    with health_server(running, AIRFLOW__CORE__HOSTNAME_CALLABLE="tempfile.gettempdir") as command:
        done = ask(command)
    assert done.returncode == 1
    assert "503" in done.stderr
