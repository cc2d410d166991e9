"""The image with packages: what its Dockerfile and the bake file say. There is no Docker engine here that builds it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest

from ops.image.bake import BAKE_FILE, build_of
from settings import Registry, load_releases, load_settings, packages

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "docker" / "airflow" / "Dockerfile"
AIRFLOW = load_releases().images["airflow"]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A build for a team's file."""
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    (tmp_path / "team.txt").write_text("pandas==2.3.3\n", encoding="utf-8")
    settings = load_settings({"airflow.requirements": "team.txt"})
    return build_of(Registry(settings=settings, account="123456789012"), packages.read_packages("team.txt"))


@pytest.fixture
def baked() -> Any:
    """The bake file, as HCL is parsed."""
    return hcl2.loads((ROOT / BAKE_FILE).read_text(encoding="utf-8"))


def instructions() -> list[str]:
    """The Dockerfile's instructions, each in one line."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(["hadolint", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_result_is_the_published_image_and_no_compiler() -> None:
    last = max(index for index, line in enumerate(instructions()) if line.startswith("FROM"))
    result = instructions()[last:]
    assert result[0] == "FROM ${BASE_IMAGE}"
    assert not any("apt-get" in line or "build-essential" in line or "COPY" in line for line in result)
    assert [line for line in result if line.startswith("USER")][-1] == "USER 50000"


def test_packages_are_held_to_the_image_s_own_constraints() -> None:
    pips = [line for line in instructions() if "pip wheel" in line or "pip install" in line]
    assert len(pips) == 2
    assert all("--constraint /home/airflow/constraints.txt" in line for line in pips)
    assert "--no-index" in pips[1]
    assert '"apache-airflow==${AIRFLOW_VERSION}"' in pips[1]
    assert pips[1].rstrip().endswith("&& pip check")


def test_no_version_stands_in_it() -> None:
    for text in (DOCKERFILE.read_text(encoding="utf-8"), (ROOT / BAKE_FILE).read_text(encoding="utf-8")):
        assert AIRFLOW.tag not in text
        assert AIRFLOW.upstream not in text


def test_what_is_declared_is_what_is_given(build: Any, baked: Any) -> None:
    text = (ROOT / BAKE_FILE).read_text(encoding="utf-8")
    assert set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE)) == set(build.variables)
    assert len(baked["variable"]) == len(build.variables)
    declared = {line.split()[1] for line in instructions() if line.startswith("ARG")}
    assert declared == {"BASE_IMAGE", "AIRFLOW_VERSION", "REQUIREMENTS_FILE"}


def test_variables_come_from_the_releases(build: Any, tmp_path: Path) -> None:
    assert build.variables == {
        "BASE_IMAGE": f"{AIRFLOW.upstream}:{AIRFLOW.tag}",
        "AIRFLOW_VERSION": AIRFLOW.tag,
        "IMAGE": str(build.image),
        "REQUIREMENTS_FOLDER": str(tmp_path),
        "REQUIREMENTS_FILE": "team.txt",
    }


def test_in_china_it_is_built_from_the_account_s_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    (tmp_path / "team.txt").write_text("pandas\n", encoding="utf-8")
    settings = load_settings({"airflow.requirements": "team.txt", "partition": "aws-cn"})
    build = build_of(Registry(settings=settings, account="123456789012"), packages.read_packages("team.txt"))
    host = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow-eks"
    assert build.variables["BASE_IMAGE"] == f"{host}/apache/airflow:{AIRFLOW.tag}"
    assert build.variables["IMAGE"].startswith(f"{host}/airflow:{AIRFLOW.tag}-")


def test_buildx_understands_it(build: Any) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "buildx", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker buildx is not installed")
    done = subprocess.run(
        [docker, *build.arguments, "--print"],
        cwd=ROOT,
        env={**os.environ, **build.variables},
        capture_output=True,
        text=True,
        check=True,
    )
    target = json.loads(done.stdout)["target"]["airflow"]
    assert target["platforms"] == ["linux/arm64"]
    assert target["tags"] == [str(build.image)]
    assert target["contexts"] == {"requirements": build.variables["REQUIREMENTS_FOLDER"]}
    assert target["args"] == {
        name: build.variables[name] for name in ("AIRFLOW_VERSION", "BASE_IMAGE", "REQUIREMENTS_FILE")
    }
