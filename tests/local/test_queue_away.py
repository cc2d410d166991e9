"""A queue that goes away for as long as a failover takes: no task fails of it, and each that waited runs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ops.local.programs import find_programs
from tests.charts.builders import build_charts, release_values, settings_for
from tests.local.conftest import AIRFLOW_PYTHON
from tests.local.queue_bench import QueueBench, report

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

# ElastiCache's own words for a failover: typically a minute or less until a replica takes over.
AWAY_SECONDS = float(os.environ.get("QUEUE_AWAY_SECONDS", "90"))
TASKS = 20
# What Kubernetes waits for a scheduler that says nothing: tests/charts/test_render.py.
LIVENESS_SECONDS = 240


@pytest.mark.parametrize("how", ["refusing", "silent"])
def test_no_task_fails_of_it_and_each_runs_afterwards(how: str, tmp_path: Path) -> None:
    programs = find_programs()
    if not (programs.redis and AIRFLOW_PYTHON.exists()):
        pytest.skip("; ".join(programs.missing) or "there is no Airflow in .venv-airflow")
    config = release_values(build_charts(settings_for("aws"))["airflow"], "airflow")["config"]
    with QueueBench(folder=tmp_path, redis=programs.redis, config=config) as bench:
        bench.queue(1)
        bench.until(lambda: len(bench.ran) == 1)
        before = len(bench.rounds)
        with getattr(bench, how)():
            bench.queue(TASKS)
            time.sleep(AWAY_SECONDS)
            assert not bench.said("failed")
            # One may be on its way: the answer to it is what is missing.
            assert bench.rounds[-1]["waiting"] >= TASKS - 1
        published = bench.until(lambda: len(bench.said("queued", "success")) == TASKS + 1)
        ran = published + bench.until(lambda: len(set(bench.ran)) == TASKS + 1)
        longest = max(each["block"] for each in bench.rounds[before:])
        report(
            f"{how}: published {published:.0f} s after it was back, ran after {ran:.0f} s; longest round {longest} s"
        )
        assert not bench.said("failed")
        assert longest < LIVENESS_SECONDS
        if how == "refusing":
            assert sorted(bench.ran) == sorted(set(bench.ran))
