"""The DAGs that seed the repository work on the Airflow that is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HELLO = "hello_world_scheduled_dag"


def test_the_airflow_under_test_is_the_one_that_is_deployed(airflow: dict[str, Any]) -> None:
    releases = yaml.safe_load((ROOT / "settings" / "releases.yaml").read_text())
    assert airflow["version"] == releases["images"]["airflow"]["tag"]


def test_every_dag_file_parses(airflow: dict[str, Any]) -> None:
    assert airflow["import_errors"] == {}
    assert airflow["warnings"] == {}


def test_hello_runs_daily_and_does_not_catch_up(airflow: dict[str, Any]) -> None:
    hello = airflow["dags"][HELLO]
    assert (hello["file"], hello["schedule"], hello["catchup"]) == (f"{HELLO}.py", "@daily", False)


def test_hello_checks_its_own_greeting(airflow: dict[str, Any]) -> None:
    tasks = airflow["dags"][HELLO]["tasks"]
    downstream = {name: task["downstream"] for name, task in tasks.items()}
    assert downstream == {"say_hello": ["check_greeting"], "check_greeting": []}


def test_every_dag_is_documented_tagged_and_retried(airflow: dict[str, Any]) -> None:
    for name, dag in airflow["dags"].items():
        assert dag["documented"], name
        assert dag["tags"], name
        assert all(task["retries"] > 0 for task in dag["tasks"].values()), name


def test_a_scheduled_hello_succeeds(airflow: dict[str, Any]) -> None:
    run = airflow["runs"]["scheduled"]
    assert run["logical_date"] != "None"
    assert run["state"] == "success"
    assert run["tasks"] == {"say_hello": "success", "check_greeting": "success"}


def test_a_hello_that_is_triggered_without_a_date_succeeds(airflow: dict[str, Any]) -> None:
    run = airflow["runs"]["triggered"]
    assert run["logical_date"] == "None"
    assert run["state"] == "success"
    assert run["tasks"] == {"say_hello": "success", "check_greeting": "success"}
