"""A bad DAG file never takes the others down: Airflow's own DAG processor, over a folder of good and bad files."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import AIRFLOW_PYTHON

pytestmark = pytest.mark.local

GOOD = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("{name}"):
    EmptyOperator(task_id="nothing")
"""
# Airflow does not even look at a file that has neither word in it.
WORDS = "# airflow dag\n"
BAD = {
    "syntax": "def broken(:",
    "missing": "import a_package_that_is_not_there",
    "raises": "raise RuntimeError('no')",
    "ends": "import os; os._exit(1)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "hangs": "import time; time.sleep(600)",
}
# What is left of a process that is gone: nothing that could be stored.
WITHOUT_A_WORD = {"ends", "crashes", "hangs"}

# Runs on the Python of `.venv-airflow` after the DAG processor; its argument is the file for the findings.
LOOK = """
import json, pathlib, sys
from sqlalchemy import select
from airflow.models.dag import DagModel
from airflow.models.errors import ParseImportError
from airflow.utils.session import create_session

with create_session() as session:
    found = {
        "dags": sorted(session.scalars(select(DagModel.dag_id).where(~DagModel.is_stale))),
        "set aside": sorted(session.scalars(select(DagModel.dag_id).where(DagModel.is_stale))),
        "errors": sorted(session.scalars(select(ParseImportError.filename))),
    }
pathlib.Path(sys.argv[1]).write_text(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the DAG processor has made of the folder after two rounds: in the second, a file that was good is bad."""
    home = tmp_path_factory.mktemp("bad-files")
    dags = home / "dags"
    dags.mkdir()
    for name in ("first", "second", "turns_bad"):
        (dags / f"{name}.py").write_text(GOOD.format(name=name))
    for name, text in BAD.items():
        (dags / f"{name}.py").write_text(WORDS + text)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "4",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "0",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }

    def airflow(*arguments: str) -> None:
        done = subprocess.run(
            [AIRFLOW_PYTHON, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    airflow("-m", "airflow", "db", "migrate")
    airflow("-m", "airflow", "dag-processor", "--num-runs", "1")
    (dags / "turns_bad.py").write_text(WORDS + "def broken(:")
    airflow("-m", "airflow", "dag-processor", "--num-runs", "1")
    airflow("-c", LOOK, str(home / "found.json"))
    read: dict[str, Any] = json.loads((home / "found.json").read_text())
    return read


def test_the_good_ones_are_there(found: dict[str, Any]) -> None:
    assert {"first", "second"} <= set(found["dags"])


def test_a_dag_whose_file_turned_bad_is_set_aside(found: dict[str, Any]) -> None:
    assert "turns_bad" not in found["dags"]
    assert "turns_bad" in found["set aside"]


def test_each_error_is_told(found: dict[str, Any]) -> None:
    told = {Path(name).stem for name in found["errors"]}
    assert told >= {"turns_bad", *BAD} - WITHOUT_A_WORD
    assert not told & {"first", "second"}
