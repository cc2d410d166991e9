"""With images that are built here, their components run them, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from charts.airflow import git_askpass
from settings import Registry, load_releases
from tests.charts.builders import ACCOUNT, Object, build_charts, release_values, settings_for

PARTITIONS = ("aws", "aws-cn")
BUILDS = load_releases().builds


def charts(partition: str, *builds: str, **chosen: Any) -> dict[str, list[Object]]:
    return build_charts(settings_for(partition, images={"built": builds}, **chosen))


def text_without(partition: str, objects: dict[str, list[Object]], *builds: str) -> str:
    """The objects, with the published images in the place of those that are built."""
    text = json.dumps(objects)
    registry = Registry(settings=settings_for(partition, images={"built": builds}), account=ACCOUNT)
    for key, image in registry.built.items():
        published = registry.published_image(key)
        text = text.replace(f'"tag": "{image.tag}"', f'"tag": "{published.tag}"')
        text = text.replace(f'"{image.repository}"', f'"{published.repository}"')
        # Within the JSON of a connection: the second container of task pods.
        text = text.replace(f'\\"{image}\\"', f'\\"{published}\\"')
        text = text.replace(
            f'"registry": "{image.registry}", "repository": "{image.path}"',
            f'"registry": "{published.registry}", "repository": "{published.path}"',
        )
    return text


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("build", ["pgbouncer", "keda"])
def test_a_component_runs_it_and_nothing_else_changes(partition: str, build: str) -> None:
    published, built = charts(partition), charts(partition, build)
    assert built != published
    assert text_without(partition, built, build) == json.dumps(published)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_keda_runs_all_three(partition: str) -> None:
    values = release_values(charts(partition, "keda")["keda"], "keda")
    registry = Registry(settings=settings_for(partition, images={"built": ("keda",)}), account=ACCOUNT)
    assert {image["repository"] for image in values["image"].values() if isinstance(image, dict)} == {
        image.path for image in registry.built.values()
    }


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("delivery", ["efs", "sidecar", "bundle"])
def test_git_sync_s_image_signs_in_too_and_brings_the_program(partition: str, delivery: str) -> None:
    objects = charts(partition, "git-sync", dags={"delivery": delivery})["airflow"]
    values = release_values(objects, "airflow")
    pods = [values["dagProcessor"], values["triggerer"], values["workers"]["celery"]]
    sidecars = [each for pod in pods for each in pod.get("extraInitContainers", ()) if each["name"] == "git-askpass"]
    assert len(sidecars) == (1 if delivery == "efs" else 3)
    registry = Registry(settings=settings_for(partition, images={"built": ("git-sync",)}), account=ACCOUNT)
    for sidecar in sidecars:
        assert sidecar["image"] == str(registry.image("git-sync"))
        assert sidecar["volumeMounts"] == []
        assert sidecar["command"] == ["python", "/opt/askpass/askpass.py"]
    assert git_askpass.CONFIG_MAP not in json.dumps(objects)


def test_the_program_is_where_the_dockerfile_puts_it() -> None:
    objects = charts("aws", "git-sync")["airflow"]
    command = release_values(objects, "airflow")["dagProcessor"]["extraInitContainers"][0]["command"]
    text = (git_askpass.SCRIPT.parents[2] / "docker/git-sync/Dockerfile").read_text(encoding="utf-8")
    assert f"COPY --from=askpass {git_askpass.SCRIPT.name} {command[1]}\n" in text
    assert BUILDS["git-sync"].files == (f"charts/airflow/{git_askpass.SCRIPT.name}",)


def test_without_codecommit_there_is_nothing_to_sign() -> None:
    git = {"url": "https://git.example.com/team/dags.git"}
    objects = charts("aws", "git-sync", dags={"delivery": "sidecar", "git": git})["airflow"]
    assert "git-askpass" not in json.dumps(objects)
