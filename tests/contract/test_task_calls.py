"""What a task has to say reaches an API server that was away for as long as a failover takes: by Airflow's client."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.charts.builders import build_charts, release_values, settings_for

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"

# A minute without a database, and the half of one until an API server has noticed.
AWAY_SECONDS = 80

# Airflow's client, with a clock that goes on where it sleeps, and an API server that is away until then. Of each call
# it prints whether it got through, and after how many seconds.
PROBE = """
import datetime, json, sys, uuid
import httpx
from airflow.sdk.api import client
from airflow.sdk.execution_time import supervisor

now = 0.0
away = float(sys.argv[1])

def sleep(seconds):
    global now
    now += seconds

def server(request):
    if now < away:
        raise httpx.ConnectError("refused")
    return httpx.Response(204)

client.Client.request.retry.sleep = sleep
calls = []
for _ in range(100):
    now = 0.0
    asked = client.Client(base_url="http://api/", token="", transport=httpx.MockTransport(server))
    try:
        asked.task_instances.succeed(
            uuid.uuid4(), when=datetime.datetime.now(datetime.timezone.utc), task_outlets=[], outlet_events=[],
            rendered_map_index=None,
        )
        calls.append({"told": True, "seconds": now})
    except httpx.ConnectError:
        calls.append({"told": False, "seconds": now})
print(json.dumps({
    "calls": calls, "attempts": client.API_RETRIES, "timeout": client.API_TIMEOUT,
    "rounds": supervisor.MAX_FAILED_HEARTBEATS, "lost": supervisor.HEARTBEAT_TIMEOUT,
}))
"""


def _asked(tmp_path: Path, away: float) -> dict[str, Any]:
    if not AIRFLOW_PYTHON.exists():
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    config = release_values(build_charts(settings_for("aws"))["airflow"], "airflow")["config"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    environment |= {
        f"AIRFLOW__{section.upper()}__{option.upper()}": value
        for section in ("workers", "scheduler")
        for option, value in config.get(section, {}).items()
    }
    environment["AIRFLOW_HOME"] = str(tmp_path)
    command = [str(AIRFLOW_PYTHON), "-c", PROBE, str(away)]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_end_is_told_although_nobody_answers_for_a_while(tmp_path: Path) -> None:
    """Or Airflow would run the task again: it takes one that says nothing more for lost."""
    assert all(call["told"] for call in _asked(tmp_path, AWAY_SECONDS)["calls"])


def test_a_task_that_can_tell_nobody_ends_before_another_takes_its_place(tmp_path: Path) -> None:
    found = _asked(tmp_path, float("inf"))
    assert not any(call["told"] for call in found["calls"])
    # Refused at once, or, where nobody answers at all, after the time that each call has.
    longest = max(call["seconds"] for call in found["calls"]) + found["attempts"] * found["timeout"]
    assert found["rounds"] * longest < found["lost"]
