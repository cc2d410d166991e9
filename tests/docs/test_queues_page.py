"""The example of docs/queues.md: the real Airflow parses it, and each of its queues is one that the settings add."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from settings import load_settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "queues.md").read_text(encoding="utf-8")
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"

PROBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
assert not bag.import_errors, bag.import_errors
[dag] = bag.dags.values()
print("\\n" + json.dumps({task.task_id: task.queue for task in dag.tasks}))
"""


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def test_the_dag_of_the_page_uses_the_queues_of_the_page(tmp_path: Path) -> None:
    if not AIRFLOW_PYTHON.exists():
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    file = tmp_path / "monthly_report.py"
    file.write_text(block("python"))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    environment |= {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }
    done = subprocess.run(
        [AIRFLOW_PYTHON, "-c", PROBE, file], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"collect": "reports", "calculate": "heavy", "tell": "default"}
    known = {each.queue for each in load_settings(json.loads(block("json"))).airflow.worker_sets}
    assert known == {"default", "reports", "heavy"}
