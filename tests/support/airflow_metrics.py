"""Airflow's own list of metrics, and the tags that our labels come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts.airflow.metrics import Metric, airflow_metrics

ROOT = Path(__file__).parents[2]
_PATTERN = ".venv-airflow/lib/python*/site-packages/airflow/_shared/observability/metrics/metrics_template.yaml"

# Ids have dots: of a DAG in a folder's style, of a task in a group.
EXAMPLES = {
    "dag_id": "team.daily",
    "task_id": "load.copy_rows",
    "job_name": "schedulerjobrunner",
    "dag_file": "team.daily-v2",
    "return_code": "-9",
    "run_type": "scheduled",
}


def airflow_list() -> list[Mapping[str, Any]]:
    """Every metric that Airflow says it sends: name, type and the variables in its name. Airflow is not started."""
    found = list(ROOT.glob(_PATTERN))
    if not found:
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    return list(yaml.safe_load(found[0].read_text())["metrics"])


def example(metric: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """A name that Airflow sends, and the variables' values."""
    values = {each: EXAMPLES.get(each, f"a-{each}") for each in metric["name_variables"]}
    return metric["name"].format(**values), values


def listed(name: str) -> list[Metric]:
    """Our metrics that a name of Airflow's is mapped to."""
    return [each for each in airflow_metrics().metrics if each.statsd == name or _fits(each, name)]


def _fits(metric: Metric, name: str) -> bool:
    return metric.is_pattern and re.fullmatch(metric.statsd, name) is not None


def tags_of(metric: Metric) -> list[str]:
    """The tags that become its labels: of a label that several become, those that Airflow uses are all here."""
    rename = airflow_metrics().rename
    return [tag for label in metric.labels for tag in ([old for old, new in rename.items() if new == label] or [label])]
