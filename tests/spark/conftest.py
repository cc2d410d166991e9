"""Apache Spark on this machine, an Amazon S3 in memory, and the sample job's file as Airflow fills it in.

Spark weighs 600 MB with what it needs, so it has a virtual environment of its own, and tests are skipped without it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jinja2
import pytest
import yaml
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-spark"
BUCKET, TEAM = "spark-bucket", "team-a"


@pytest.fixture(scope="session")
def spark_home() -> Path:
    """Where Spark is."""
    found = list(VENV.glob("lib/python*/site-packages/pyspark"))
    if not found:
        pytest.skip(".venv-spark is missing: `make test-spark` sets it up")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java 17, and there is no java on this machine")
    return found[0]


@pytest.fixture(scope="session")
def application() -> dict[str, Any]:
    """The sample's SparkApplication."""
    text = (ROOT / "dags" / "example_pyspark_pi_job.yaml").read_text(encoding="utf-8")
    spark = {
        "image": "registry.example.com/spark:1",
        "version": "1",
        "aws_cli_image": "registry.example.com/aws-cli:1",
        "region": "us-east-1",
        "service_account": "spark",
        "teams": {TEAM: {"namespace": f"spark-{TEAM}", "event_logs": f"s3://{BUCKET}/event-logs/{TEAM}"}},
    }
    filled = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)
    values = {"var": {"json": {"spark": spark}}, "params": {"team": TEAM, "partitions": 4}}
    read: dict[str, Any] = yaml.safe_load(filled.render(values))
    return read


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Of every program: its own Python first, and no settings of a person's own Spark or AWS."""
    inherited = {name: os.environ[name] for name in ("HOME", "LANG", "JAVA_HOME") if name in os.environ}
    python = str(VENV / "bin" / "python")
    path = f"{VENV / 'bin'}:{os.environ['PATH']}"
    return {**inherited, "PATH": path, "PYSPARK_PYTHON": python, "SPARK_LOCAL_IP": "127.0.0.1"}


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """An Amazon S3 with the bucket; what a program needs to find it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}
    url = f"http://127.0.0.1:{port}"
    boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    ).create_bucket(Bucket=BUCKET)
    yield {**keys, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": url}
    server.stop()
