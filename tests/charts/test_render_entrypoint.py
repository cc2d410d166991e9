"""What the image's entrypoint does before a container of Airflow's starts, and whether it has the memory for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import Registry
from settings.quantities import gibibytes
from tests.charts import rendering
from tests.charts.builders import ACCOUNT, Object, build_charts, settings_for

# Measured: `airflow db check` and `airflow db migrate` of 3.2.2 take 190 MB. With 64Mi they were killed.
LEAST_MEMORY_GIB = 0.5
WORKLOADS = ("CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet")
CHOICES: tuple[dict[str, Any], ...] = (
    {},
    {"size": "dev"},
    {"dags": {"delivery": "sidecar"}, "airflow": {"queues": {"reports": {}}}},
    {"dags": {"delivery": "bundle"}},
)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def airflow_containers(helm: Path, chosen: dict[str, Any]) -> Iterator[tuple[str, Object]]:
    """Each container of Airflow's image, in all charts and in the release: where it is, and what it is."""
    settings = settings_for("aws", **chosen)
    objects = [item for chart in build_charts(settings).values() for item in chart]
    (release,) = [item for item in objects if item["kind"] == "HelmRelease" and item["metadata"]["name"] == "airflow"]
    objects += rendering.render_release(helm, release)
    image = Registry(settings=settings, account=ACCOUNT).image("airflow")
    for name, template in rendering.pod_templates([each for each in objects if each["kind"] in WORKLOADS]).items():
        for container in rendering.containers(template):
            if container["image"].partition("@")[0] == f"{image.repository}:{image.tag}":
                yield f"{name}/{container['name']}", container


def starts_airflow(container: Object) -> bool:
    """Whether Airflow is started, be it by the entrypoint alone: a ``command`` takes the entrypoint's place."""
    if container.get("command"):
        return "airflow" in " ".join([*container["command"], *(container.get("args") or [])])
    words = " ".join(container.get("args") or [])
    environment = {each["name"]: each.get("value") for each in container.get("env") or []}
    return "airflow" in words or environment.get("CONNECTION_CHECK_MAX_COUNT") != "0"


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_what_starts_airflow_has_the_memory_for_it(helm: Path, chosen: dict[str, Any]) -> None:
    started = {}
    for where, container in airflow_containers(helm, chosen):
        if starts_airflow(container):
            started[where] = gibibytes(container["resources"]["limits"]["memory"])
    assert len(started) > 8
    assert {where: memory for where, memory in started.items() if memory < LEAST_MEMORY_GIB} == {}


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_sidecars_do_not_wait_for_the_database(helm: Path, chosen: dict[str, Any]) -> None:
    beside = {
        where: container
        for where, container in airflow_containers(helm, chosen)
        if where.endswith(("-log-groomer", "/git-askpass"))
    }
    assert beside
    assert not [where for where, container in beside.items() if starts_airflow(container)]
