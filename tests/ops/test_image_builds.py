"""ops image for what is built from released source: which of it, from where, and what is there already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.image import repository
from ops.preflight.registry import built
from ops.preflight.subject import Preflight
from ops.report import Status
from settings import ImageReference, Registry, load_settings
from settings.images import BuildName
from tests.ops.answers import ACCOUNT, Answers, make_aws

KEDA = ("keda", "keda-metrics-apiserver", "keda-admission-webhooks")
_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


def run(builds: str, *arguments: str) -> Result:
    """Type the command."""
    return CliRunner().invoke(app, ["image", "--context", f"images.built={builds}", *arguments])


def images(*builds: BuildName) -> dict[str, ImageReference]:
    settings = load_settings({"images.built": ",".join(builds)})
    return Registry(settings=settings, account=ACCOUNT).built


def push(image: ImageReference) -> None:
    """As if it had been built."""
    aws = make_aws()
    repository.make_repository(aws, image)
    manifest = json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{'0' * 64}"}, "layers": []})
    aws.client("ecr").put_image(
        repositoryName=image.path, imageManifest=manifest, imageManifestMediaType=_MEDIA_TYPE, imageTag=image.tag
    )


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """An empty account."""
    with mock_aws():
        aws = make_aws()
        monkeypatch.setattr("ops.image.command.connect", lambda **_: aws)
        yield Answers(aws)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that writes down what it is asked, and the file that it writes to."""
    log, program = tmp_path / "docker.log", tmp_path / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\n[ "$1" != login ] || cat > /dev/null\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return log


def baked(log: Path) -> list[str]:
    """The targets of each build."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    bake = "buildx bake --file docker/docker-bake.hcl "
    return [line.removeprefix(bake).removesuffix(" --push") for line in lines if line.startswith(bake)]


def test_all_that_the_settings_ask_for(docker: Path) -> None:
    result = run("pgbouncer,git-sync,keda")
    assert result.exit_code == 0, result.output
    assert baked(docker) == ["pgbouncer", "git-sync", " ".join(KEDA)]
    for image in images("pgbouncer", "git-sync", "keda").values():
        assert f"pushed {image}; " in result.stdout
        assert f"made the repository {image.path}; " in result.stdout


def test_one_of_it(docker: Path) -> None:
    assert run("pgbouncer,keda", "--only", "pgbouncer").exit_code == 0
    assert baked(docker) == ["pgbouncer"]


def test_what_is_there_is_not_built_again(docker: Path) -> None:
    there = images("keda")
    push(there["keda"])
    result = run("keda")
    # Its tag cannot be pushed a second time.
    assert baked(docker) == ["keda-metrics-apiserver keda-admission-webhooks"]
    assert f"{there['keda']} is there already: nothing has changed\n" in result.stdout


def test_all_of_it_is_there(docker: Path) -> None:
    for image in images("keda").values():
        push(image)
    assert run("keda").stdout.count("is there already") == 3
    assert not docker.exists()


def test_is_shown_and_not_run(docker: Path) -> None:
    result = run("pgbouncer", "--print", "--mirror", "PGBOUNCER_SOURCE=https://mirror.example.com/pgbouncer.tar.gz")
    lines = result.stdout.splitlines()
    assert "export PGBOUNCER_SOURCE=https://mirror.example.com/pgbouncer.tar.gz" in lines
    assert f"export PGBOUNCER_IMAGE={images('pgbouncer')['pgbouncer']}" in lines
    assert lines[-1] == "docker buildx bake --file docker/docker-bake.hcl pgbouncer --push"
    assert not docker.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--only", "keda"), "--only keda: the settings ask for pgbouncer\n"),
        (("--only", "pgbouncr"), "--only pgbouncr: the settings ask for pgbouncer; did you mean pgbouncer?\n"),
        (("--mirror", "KEDA_PROXY=https://x"), "--mirror KEDA_PROXY=https://x: the variable is PGBOUNCER_SOURCE\n"),
        (("--mirror", "PGBOUNCER_CHECKSUM=https://x"), "the variable is PGBOUNCER_SOURCE\n"),
        (("--mirror", "PGBOUNCER_SOURCE=ftp://x"), "--mirror PGBOUNCER_SOURCE=ftp://x: the place is an https:// URL\n"),
        (("--check",), "--check is for the packages of airflow.requirements"),
    ],
)
def test_a_mistake_ends_with_one_message(docker: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("pgbouncer", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not docker.exists()


def test_a_build_that_does_not_exist() -> None:
    result = run("pgbouncr")
    assert result.exit_code == 2
    assert "pgbouncer, git-sync or keda" in result.stderr


def test_preflight_looks_for_each() -> None:
    there = images("keda")
    push(there["keda"])
    settings = load_settings({"images.built": "keda"})
    found = list(built(Preflight(make_aws(), settings)))
    assert [finding.status for finding in found] == [Status.OK, Status.FAILURE, Status.FAILURE]
    for finding, image in zip(found, there.values(), strict=True):
        assert image.tag in finding.found
