"""Who has the way into Celery's queue, in the pods that the real chart renders."""

from __future__ import annotations

from pathlib import Path

import pytest

from charts.airflow import secrets
from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for

QUEUES = {"heavy": {"concurrency": 1}}
WRITERS = {"scheduler", "worker-main", "worker-heavy"}


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    objects = build_charts(settings_for(request.param, airflow={"queues": QUEUES}))["airflow"]
    (release,) = [each for each in objects if each["kind"] == "HelmRelease"]
    helm: Path = rendering.helm(tmp_path_factory.mktemp("helm"))
    return [*rendering.render_release(helm, release), *(each for each in objects if each["kind"] != "HelmRelease")]


def test_only_who_puts_tasks_in_and_who_takes_them_out_has_the_queues_token(airflow: list[Object]) -> None:
    """Workers run what they find there: who else could write would run code on them."""
    found = {
        (name.split("/")[-1].removeprefix("airflow-"), container["name"])
        for name, template in rendering.pod_templates(airflow).items()
        for container in [*template["spec"]["containers"], *template["spec"].get("initContainers", [])]
        if secrets.BROKER in str(container)
    }
    assert found == {(name, name.partition("-")[0]) for name in WRITERS}


def test_no_pod_has_it_as_a_file(airflow: list[Object]) -> None:
    volumes = [template["spec"].get("volumes", []) for template in rendering.pod_templates(airflow).values()]
    assert volumes
    assert secrets.BROKER not in str(volumes)
