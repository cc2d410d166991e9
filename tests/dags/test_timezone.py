"""What a DAG means that names no time zone: midnight where its people are, by Airflow's own reading."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.charts.builders import build_charts, release_values, settings_for
from tests.dags.conftest import AIRFLOW_PYTHON

# Prints the time zone of a schedule, and the start date in UTC.
LOOK = """
import datetime
from airflow.sdk import DAG
dag = DAG("naive", schedule="@daily", start_date=datetime.datetime(2026, 1, 1))
print(dag.timezone, dag.start_date.astimezone(datetime.UTC).isoformat())
"""


@pytest.mark.parametrize(
    ("partition", "zone", "start"),
    [("aws", "UTC", "2026-01-01T00:00:00+00:00"), ("aws-cn", "Asia/Shanghai", "2025-12-31T16:00:00+00:00")],
)
def test_a_day_begins_at_midnight_there(partition: str, zone: str, start: str, tmp_path: Path) -> None:
    config = release_values(build_charts(settings_for(partition))["airflow"], "airflow")["config"]["core"]
    environment = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": config["default_timezone"],
    }
    done = subprocess.run(
        [AIRFLOW_PYTHON, "-c", LOOK], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == f"{zone} {start}"
