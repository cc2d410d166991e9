"""Sections and options of airflow.cfg are ones that the pinned Airflow or a provider of it knows; others do nothing."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.deployment import Deployment

ROOT = Path(__file__).parents[2]
PROVIDERS = ("amazon", "celery", "fab")


@pytest.fixture(scope="session")
def options() -> dict[str, dict[str, Any]]:
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
    for name, option in _undocumented(airflow / "jobs" / "scheduler_job_runner.py"):
        sections[name]["options"].setdefault(option, {})
    # Airflow hands this section to kombu as it is.
    sections["celery_broker_transport_options"]["options"] |= {key: {} for key in _kombu(airflow.parent / "kombu")}
    return {name: section["options"] for name, section in sections.items()}


def _undocumented(scheduler: Path) -> list[tuple[str, str]]:
    """What the scheduler reads beside what the files list."""
    found: list[tuple[str, str]] = re.findall(r'section="(\w+)",\s*key="(\w+)"', scheduler.read_text())
    assert ("scheduler", "num_stuck_in_queued_retries") in found
    return found


def _kombu(folder: Path) -> set[str]:
    """What it takes of Redis' transport, and of connecting at all."""
    redis = (folder / "transport" / "redis.py").read_text()
    (listed,) = re.findall(r"from_transport_options = \(.*?\(([^()]+)\)", redis, re.DOTALL)
    found = {*re.findall(r"'(\w+)'", listed)}
    found |= {*re.findall(r"'(\w+)' in transport_opts", (folder / "connection.py").read_text())}
    assert {"visibility_timeout", "connect_retries_timeout"} <= found
    return found


def test_options_are_known(deployment: Deployment, options: dict[str, dict[str, Any]]) -> None:
    config = deployment.releases["airflow"].manifest["config"]
    unknown = [
        f"[{section}] {option}"
        for section, values in config.items()
        for option in values
        if option not in options.get(section, {})
    ]
    assert not unknown


def test_options_are_not_on_their_way_out(deployment: Deployment, options: dict[str, dict[str, Any]]) -> None:
    """Of an option that has been renamed, the old name is one that is not known."""
    config = deployment.releases["airflow"].manifest["config"]
    deprecated = [
        f"[{section}] {option}: {options[section][option].get('deprecation_reason')}"
        for section, values in config.items()
        for option in values
        if options[section][option].get("version_deprecated")
    ]
    assert not deprecated


def test_an_option_that_is_deprecated_would_be_found(options: dict[str, dict[str, Any]]) -> None:
    assert options["metrics"]["otel_host"]["version_deprecated"]
    assert not options["core"]["parallelism"].get("version_deprecated")


def test_options_in_the_environment_are_known(deployment: Deployment, options: dict[str, dict[str, Any]]) -> None:
    values = deployment.releases["airflow"].manifest
    variables = [
        each["name"]
        for component in (values["scheduler"], *values["workers"]["celery"]["sets"])
        for each in component.get("env", [])
        if each["name"].startswith("AIRFLOW__")
    ]
    assert variables
    for variable in variables:
        _, section, option = variable.lower().split("__")
        assert option in options[section], variable


def test_values_are_text(deployment: Deployment) -> None:
    # The chart writes what it is given: a YAML `true` would become `true`, a number perhaps 1e+06.
    config = deployment.releases["airflow"].manifest["config"]
    assert all(isinstance(value, str) for values in config.values() for value in values.values())


def test_connections_are_ready(deployment: Deployment) -> None:
    variables = {each["name"]: each["value"] for each in deployment.releases["airflow"].manifest["env"]}
    kubernetes = json.loads(variables["AIRFLOW_CONN_KUBERNETES_DEFAULT"])
    assert kubernetes["conn_type"] == "kubernetes"
    assert kubernetes["extra"]["in_cluster"] is True
    assert ("namespace" in kubernetes["extra"]) is deployment.settings.airflow.task_pods.enabled
    assert json.loads(variables["AIRFLOW_CONN_AWS_DEFAULT"]) == {"conn_type": "aws"}
