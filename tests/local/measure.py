"""Measures the local platform: `python -m tests.local.measure`. docs/local.md says what came out."""

# ruff: noqa: T201 - it is run by a person, who reads what it prints

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from ops.airflow_api import AirflowApi, AirflowError
from ops.local.endpoints import HOST
from tests.local.conftest import ROOT, free_ports, wait_until_ready

MANY = "many_tasks"
SEEN = "seen"
PATIENCE_SECONDS = 900
# As many at a time as there are: what limits them is the platform.
MANY_DAG = """
from airflow.sdk import dag, task

@dag(schedule=None, description="many", max_active_tasks={count}, is_paused_upon_creation=False)
def {name}():
    for number in range({count}):
        task(lambda: None, task_id=f"task_{{number}}")()

{name}()
"""
SEEN_DAG = """
from airflow.sdk import dag, task

@dag(schedule=None, description="{text}")
def {name}():
    @task
    def nothing(): pass
    nothing()

{name}()
"""


@contextmanager
def platform(dags: Path, *options: str) -> Iterator[AirflowApi]:
    """An Airflow of its own for one measurement."""
    folder = Path(tempfile.mkdtemp(prefix="airflow-measure-"))
    folder.chmod(0o755)
    ports = free_ports()
    command = [sys.executable, "-m", "ops", "airflow", "--folder", str(folder), "--dags", str(dags), *options]
    for name in ("web", "database", "pooler", "broker"):
        command += [f"--{name}-port", str(getattr(ports, name))]
    output = folder / "output"
    with output.open("w") as stream:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until_ready(process, output)
        print(f"ready after {time.monotonic() - began:.0f} s, {output.read_text().splitlines()[0]}", flush=True)
        api = AirflowApi(f"http://{HOST}:{ports.web}")
        api.sign_in("admin", (folder / "admin-password").read_text().strip())
        yield api
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def reached(what: Callable[[], bool]) -> float:
    """Seconds until something is so."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(f"not after {PATIENCE_SECONDS} s")
        time.sleep(0.2)
    return time.monotonic() - began


def description(api: AirflowApi, dag_id: str) -> str | None:
    try:
        text: str | None = api.dag(dag_id)["description"]
    except AirflowError:
        return None
    return text


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def throughput(api: AirflowApi, count: int) -> None:
    """From the first task that is queued to the last one that is queued, and that has ended."""
    reached(lambda: description(api, MANY) == "many")
    for attempt in ("first", "second"):
        run_id = api.trigger(MANY, note="a measurement")
        reached(partial(ended, api, run_id))
        path = f"/api/v2/dags/{MANY}/dagRuns/{run_id}/taskInstances?limit=100&offset="
        tasks = [task for start in range(0, count, 100) for task in api.call("GET", f"{path}{start}")["task_instances"]]
        queued = sorted(moment(task["queued_when"]) for task in tasks)
        last = max(moment(task["end_date"]) for task in tasks)
        took, sent = (last - queued[0]).total_seconds(), (queued[-1] - queued[0]).total_seconds()
        print(f"{attempt} run, {api.run_state(MANY, run_id)}, load {os.getloadavg()[0]:.1f}:", flush=True)
        print(
            f"  {count} tasks in {took:.1f} s, {count / took * 60:.0f} a minute; the last was queued after {sent:.1f} s"
        )


def ended(api: AirflowApi, run_id: str) -> bool:
    return api.run_state(MANY, run_id) in ("success", "failed")


def shows(api: AirflowApi, dag_id: str, text: str) -> bool:
    return description(api, dag_id) == text


def delivery(api: AirflowApi, dags: Path) -> None:
    """From a file's change to what the API shows."""
    for number in range(3):
        name = f"{SEEN}_{number}"
        for text in ("new", "changed"):
            time.sleep(7 * number)  # not always at the same moment of the DAG processor's round
            (dags / f"{name}.py").write_text(SEEN_DAG.format(name=name, text=text))
            print(f"a {text} file: {reached(partial(shows, api, name, text)):.1f} s", flush=True)


def main() -> None:
    """Measure what is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=["one", "two", "delivery"], help="schedulers, or delivery of DAGs")
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--assembly", default=str(ROOT / "cdk.out"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="airflow-measure-dags-") as folder:
        dags = Path(folder)
        (dags / f"{MANY}.py").write_text(MANY_DAG.format(name=MANY, count=given.tasks))
        for what in given.what:
            print(f"{what}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
            schedulers = "2" if what == "two" else "1"
            with platform(dags, "--schedulers", schedulers, "--assembly", given.assembly) as api:
                if what == "delivery":
                    delivery(api, dags)
                else:
                    throughput(api, given.tasks)


if __name__ == "__main__":
    main()
