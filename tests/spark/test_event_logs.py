"""From a job to its page in the History Server, with the programs that run in the pods; only the cluster is missing."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from charts.spark import history_server
from settings import load_releases
from settings.spark import SparkSettings
from tests.spark.conftest import BUCKET, ROOT, TEAM

pytestmark = pytest.mark.spark


def wait(what: Callable[[], Any], *, seconds: float = 60) -> Any:
    """The first answer that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.3)
    pytest.fail("nothing came in time")


def keys(s3: dict[str, str]) -> list[str]:
    client = boto3.client(
        "s3",
        endpoint_url=s3["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    return [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("spark")
    (made / "driver").mkdir()
    (made / "server").mkdir()
    return made


@pytest.fixture(scope="module")
def job(
    spark_home: Path, application: dict[str, Any], environment: dict[str, str], s3: dict[str, str], folder: Path
) -> SimpleNamespace:
    """The sample job, run with its sidecar beside it until it had ended."""
    spec = application["spec"]
    logs = str(folder / "driver")
    (sidecar,) = spec["driver"]["initContainers"]
    command = [each.replace("/var/log/spark", logs) for each in (*sidecar["command"], *sidecar["args"])]
    given = {entry["name"]: entry["value"] for entry in sidecar["env"]} | {"HOME": str(folder)}
    beside = subprocess.Popen(command, env={**environment, **s3, **given})
    configuration = {**spec["sparkConf"], "spark.eventLog.dir": f"file://{logs}"}
    program = spec["mainApplicationFile"].replace("local:///opt/spark", str(spark_home))
    submit = [str(spark_home / "bin" / "spark-submit"), "--master", "local[2]"]
    for key, value in configuration.items():
        submit += ["--conf", f"{key}={value}"]
    done = subprocess.run(
        [*submit, program, *spec["arguments"]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    time.sleep(0.5)
    # What Kubernetes does with a sidecar when the main container has ended.
    beside.send_signal(signal.SIGTERM)
    return SimpleNamespace(done=done, sidecar=beside.wait(timeout=60), keys=keys(s3))


def test_the_spark_under_test_is_the_one_that_is_deployed() -> None:
    pinned = (ROOT / "requirements-spark.in").read_text()
    assert f"pyspark=={load_releases().images['spark'].tag}" in pinned


def test_the_job_gives_pi(job: SimpleNamespace) -> None:
    assert job.done.returncode == 0, job.done.stderr[-2000:]
    (pi,) = re.findall(r"Pi is roughly ([\d.]+)", job.done.stdout)
    # 400,000 points: the deviation is 0.0026, and of seven times that there is nothing to fear.
    assert float(pi) == pytest.approx(3.14159, abs=0.02)


def test_its_event_log_is_in_the_teams_prefix(job: SimpleNamespace) -> None:
    assert job.sidecar == 0
    assert job.keys
    assert all(key.startswith(f"event-logs/{TEAM}/eventlog_v2_") for key in job.keys)
    assert any("/events_1_" in key for key in job.keys)


def test_no_mark_of_a_running_application_is_left(job: SimpleNamespace) -> None:
    marks = [key for key in job.keys if "/appstatus_" in key]
    assert len(marks) == 1
    assert not marks[0].endswith(".inprogress")


@pytest.fixture(scope="module")
def applications(
    job: SimpleNamespace, spark_home: Path, environment: dict[str, str], s3: dict[str, str], folder: Path
) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the History Server shows, with the options and the fetcher that it is deployed with."""
    assert job.keys
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    container = history_server.server_container("image", days=SparkSettings().event_log_expiration_days)
    given = {entry["name"]: entry["value"] for entry in container["env"]}
    given["SPARK_HISTORY_OPTS"] = (
        given["SPARK_HISTORY_OPTS"]
        .replace("file:///event-logs", f"file://{folder / 'server'}")
        .replace("ui.port=18080", f"ui.port={port}")
        .replace("update.interval=30s", "update.interval=1s")
    )
    command = [container["command"][0].replace("/opt/spark", str(spark_home)), *container["command"][1:]]
    fetcher = history_server.fetcher_container(
        "image", region="us-east-1", event_logs=f"s3://{BUCKET}/event-logs", teams=[TEAM]
    )
    fetching = {entry["name"]: entry["value"] for entry in fetcher["env"]}
    fetching |= {"FOLDER": str(folder / "server"), "HOME": str(folder)}
    script = Path(history_server.__file__).with_name("fetch_event_logs.sh")
    # A copy from when the job still ran, which the fetcher has to tidy up.
    stale = next(Path(key) for key in job.keys if "/appstatus_" in key)
    left = folder / "server" / stale.parent.name / f"{stale.name}.inprogress"
    left.parent.mkdir()
    left.touch()
    bash = str(shutil.which("bash"))
    programs = [
        subprocess.Popen([bash, str(script)], env={**environment, **s3, **fetching}),
        subprocess.Popen(command, env={**environment, **given}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
    ]

    def ask() -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/applications", timeout=5) as answer:
                found: list[dict[str, Any]] = json.load(answer)
                return found
        except OSError:
            return []

    yield ask
    for program in programs:
        program.terminate()
        program.wait(timeout=30)
    assert not left.exists()


def test_the_history_server_shows_it_as_completed(applications: Callable[[], list[dict[str, Any]]]) -> None:
    def completed() -> list[dict[str, Any]]:
        return [each for each in applications() if each["attempts"][0]["completed"]]

    (shown,) = wait(completed)
    assert shown["name"] == "PythonPi"
