"""Probes of all of Airflow's pods, as the real chart renders them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for

KINDS = ("livenessProbe", "readinessProbe", "startupProbe")
DEFAULT_PERIOD_SECONDS = 10


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    helm: Path = rendering.helm(tmp_path_factory.mktemp("helm"))
    charts = build_charts(settings_for(request.param))["airflow"]
    (release,) = [item for item in charts if item["kind"] == "HelmRelease" and item["metadata"]["name"] == "airflow"]
    return rendering.render_release(helm, release)


def commands(airflow: list[Object]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each probe that starts a program: its place, what it starts, the probe."""
    for name, template in rendering.pod_templates(airflow).items():
        for container in template["spec"]["containers"]:
            for kind in KINDS:
                if "exec" in (probe := container.get(kind, {})):
                    yield f"{name} {container['name']} {kind}", " ".join(probe["exec"]["command"]), probe


def test_a_probe_that_starts_a_program_has_time_for_it(airflow: list[Object]) -> None:
    """One that is slow takes its whole pod out of the Service, whatever else is in it."""
    assert [place for place, _, probe in commands(airflow) if probe.get("timeoutSeconds", 1) < 5] == []


def test_a_probe_that_starts_airflow_has_the_time_until_the_next_one(airflow: list[Object]) -> None:
    starting = [(place, probe) for place, command, probe in commands(airflow) if "airflow" in command]
    assert len(starting) >= 3
    short = [
        place
        for place, probe in starting
        if probe["timeoutSeconds"] < max(60, probe.get("periodSeconds", DEFAULT_PERIOD_SECONDS))
    ]
    assert short == []


def test_no_probe_of_a_scheduler_starts_airflow(airflow: list[Object]) -> None:
    found = {place: command for place, command, _ in commands(airflow) if "scheduler" in place.split()[1]}
    assert {place.split()[-1] for place in found} == {"livenessProbe", "startupProbe"}
    (asked,) = set(found.values())
    template = rendering.pod_templates(airflow)["Deployment/airflow-scheduler"]
    (scheduler,) = [each for each in template["spec"]["containers"] if each["name"] == "scheduler"]
    variables = {each["name"]: each.get("value") for each in scheduler["env"]}
    address = variables["AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST"]
    port = variables["AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT"]
    assert f"http://{address}:{port}/health" in asked
    assert variables["AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK"] == "True"
