"""Sections and options of airflow.cfg are ones that the pinned Airflow or a provider of it knows; others do nothing."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import yaml

from tests.support.deployment import Deployment

ROOT = Path(__file__).parents[2]
PROVIDERS = ("amazon", "celery", "fab")


@pytest.fixture(scope="session")
def options() -> dict[str, dict[str, object]]:
    """Every section with its options, from the files of Airflow and its providers; Airflow itself is not started."""
    found = list(ROOT.glob(".venv-airflow/lib/python*/site-packages/airflow"))
    if not found:
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    [airflow] = found
    sections = yaml.load((airflow / "config_templates" / "config.yml").read_text(), Loader=yaml.CSafeLoader)
    for provider in PROVIDERS:
        info = runpy.run_path(str(airflow / "providers" / provider / "get_provider_info.py"))["get_provider_info"]()
        for name, section in info.get("config", {}).items():
            sections.setdefault(name, {"options": {}})["options"] |= section["options"]
    return {name: section["options"] for name, section in sections.items()}


def test_options_are_known(deployment: Deployment, options: dict[str, dict[str, object]]) -> None:
    config = deployment.releases["airflow"].manifest["config"]
    unknown = [
        f"[{section}] {option}"
        for section, values in config.items()
        for option in values
        if option not in options.get(section, {})
    ]
    assert not unknown


def test_values_are_text(deployment: Deployment) -> None:
    # The chart writes what it is given: a YAML `true` would become `true`, a number perhaps 1e+06.
    config = deployment.releases["airflow"].manifest["config"]
    assert all(isinstance(value, str) for values in config.values() for value in values.values())


def test_connections_are_ready(deployment: Deployment) -> None:
    variables = {each["name"]: each["value"] for each in deployment.releases["airflow"].manifest["env"]}
    kubernetes = json.loads(variables["AIRFLOW_CONN_KUBERNETES_DEFAULT"])
    assert kubernetes == {"conn_type": "kubernetes", "extra": {"in_cluster": True}}
    assert json.loads(variables["AIRFLOW_CONN_AWS_DEFAULT"]) == {"conn_type": "aws"}
