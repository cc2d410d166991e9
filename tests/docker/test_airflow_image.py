"""The image with packages: what its Dockerfile and the bake file say. There is no Docker engine here that builds it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.image.bake import Build, airflow_build
from settings import Registry, load_releases, load_settings, packages
from tests.docker.bakefile import ROOT, declared, instructions, target

DOCKERFILE = ROOT / "docker" / "airflow" / "Dockerfile"
AIRFLOW = load_releases().images["airflow"]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """A build for a team's file."""
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    (tmp_path / "team.txt").write_text("pandas==2.3.3\n", encoding="utf-8")
    settings = load_settings({"airflow.requirements": "team.txt"})
    return airflow_build(Registry(settings=settings, account="123456789012"), packages.read_packages("team.txt"))


def test_the_result_is_the_published_image_and_no_compiler() -> None:
    last = max(index for index, line in enumerate(instructions(DOCKERFILE)) if line.startswith("FROM"))
    result = instructions(DOCKERFILE)[last:]
    assert result[0] == "FROM ${BASE_IMAGE}"
    assert not any("apt-get" in line or "build-essential" in line or "COPY" in line for line in result)
    assert [line for line in result if line.startswith("USER")][-1] == "USER 50000"


def test_packages_are_held_to_the_image_s_own_constraints() -> None:
    pips = [line for line in instructions(DOCKERFILE) if "pip wheel" in line or "pip install" in line]
    assert len(pips) == 2
    assert all("--constraint /home/airflow/constraints.txt" in line for line in pips)
    assert "--no-index" in pips[1]
    assert '"apache-airflow==${AIRFLOW_VERSION}"' in pips[1]
    assert pips[1].rstrip().endswith("&& pip check")


def test_what_is_declared_is_what_is_given(build: Build) -> None:
    found = target("airflow")
    assert set(found["args"]) == declared(DOCKERFILE) == {"BASE_IMAGE", "AIRFLOW_VERSION", "REQUIREMENTS_FILE"}
    used = {*found["args"].values(), *found["tags"], *found["contexts"].values()}
    assert used == set(build.variables)


def test_variables_come_from_the_releases(build: Build, tmp_path: Path) -> None:
    assert build.variables == {
        "AIRFLOW_BASE": f"{AIRFLOW.upstream}:{AIRFLOW.tag}",
        "AIRFLOW_VERSION": AIRFLOW.tag,
        "AIRFLOW_IMAGE": str(build.images["airflow"]),
        "REQUIREMENTS_FOLDER": str(tmp_path),
        "REQUIREMENTS_FILE": "team.txt",
    }


def test_in_china_it_is_built_from_the_account_s_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    (tmp_path / "team.txt").write_text("pandas\n", encoding="utf-8")
    settings = load_settings({"airflow.requirements": "team.txt", "partition": "aws-cn"})
    build = airflow_build(Registry(settings=settings, account="123456789012"), packages.read_packages("team.txt"))
    host = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow-eks"
    assert build.variables["AIRFLOW_BASE"] == f"{host}/apache/airflow:{AIRFLOW.tag}"
    assert build.variables["AIRFLOW_IMAGE"].startswith(f"{host}/airflow:{AIRFLOW.tag}-")


def test_buildx_understands_it(build: Build) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "buildx", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker buildx is not installed")
    done = subprocess.run(
        [docker, *build.arguments(build.images), "--print"],
        cwd=ROOT,
        env={**os.environ, **build.variables},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = json.loads(done.stdout)["target"]["airflow"]
    assert printed["platforms"] == ["linux/arm64"]
    assert printed["tags"] == [str(build.images["airflow"])]
    assert printed["contexts"] == {"requirements": build.variables["REQUIREMENTS_FOLDER"]}
    assert printed["args"] == {
        "AIRFLOW_VERSION": AIRFLOW.tag,
        "BASE_IMAGE": build.variables["AIRFLOW_BASE"],
        "REQUIREMENTS_FILE": "team.txt",
    }
