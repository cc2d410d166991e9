"""The images that can be built from released source: what bake and Dockerfiles say, held to settings/releases.yaml."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from ops.image.bake import Build, mirrored, released_build
from settings import Registry, load_releases, load_settings
from settings.images import BuildName
from tests.docker.bakefile import ROOT, declared, instructions, target, targets_by_default, variables

RELEASES = load_releases()
BUILDS = RELEASES.builds
DOCKERFILES = sorted(ROOT.glob("docker/*/Dockerfile"))
CHINA = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow-eks"
NONROOT = {"pgbouncer": "65534:65534", "git-sync": "65533:65533", "keda": "65532:65532"}


def build(name: str, partition: str = "aws") -> Build:
    settings = load_settings({"partition": partition, "images.built": ",".join(BUILDS)})
    return released_build(Registry(settings=settings, account="123456789012"), name, mirrors={})


def dockerfile(name: str) -> Path:
    return ROOT / "docker" / name / "Dockerfile"


def test_each_build_can_be_asked_for_and_has_its_folder() -> None:
    assert set(get_args(BuildName)) == set(BUILDS)
    assert {path.parent.name for path in DOCKERFILES} == {"airflow", *BUILDS}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint_has_nothing_to_say(path: Path) -> None:
    done = subprocess.run(["hadolint", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_no_argument_has_a_default_and_each_stage_starts_from_one(path: Path) -> None:
    assert not [name for name in declared(path) if "=" in name]
    stages = [line for line in instructions(path) if line.startswith("FROM")]
    for stage in stages:
        assert re.fullmatch(r"FROM (--platform=\$\{BUILDPLATFORM\} )?\$\{(\w+)\}( AS [a-z-]+)?", stage)
        assert re.findall(r"\$\{(\w+)\}", stage)[-1] in declared(path)


def test_no_pin_of_the_releases_stands_anywhere_else() -> None:
    published = [*RELEASES.images.values(), *RELEASES.bases.values()]
    pins = {release.digest for release in published} | {release.upstream for release in published}
    pins |= {text for each in BUILDS.values() for text in (each.version, each.source, each.checksum, each.proxy)}
    pins |= {RELEASES.images[image].tag for each in BUILDS.values() for image in each.images}
    for path in (*DOCKERFILES, ROOT / "docker/docker-bake.hcl"):
        text = path.read_text(encoding="utf-8")
        assert [pin for pin in pins if pin and pin in text] == [], path


def test_no_variable_has_a_default() -> None:
    assert all(set(block) <= {"__is_block__"} for block in variables().values())


def test_bake_s_variables_are_what_the_builds_give() -> None:
    given = {name for each in BUILDS for name in build(each).variables}
    own = {"AIRFLOW_BASE", "AIRFLOW_VERSION", "AIRFLOW_IMAGE", "REQUIREMENTS_FOLDER", "REQUIREMENTS_FILE"}
    assert set(variables()) == given | own


@pytest.mark.parametrize("name", BUILDS)
def test_a_dockerfile_s_arguments_are_what_its_targets_give(name: str) -> None:
    for image in BUILDS[name].images:
        found = target(image)
        assert found["context"] == f"docker/{name}"
        assert found["platforms"] == ["linux/arm64"]
        # Each under its own name. What buildx sets by itself is not given.
        assert found["args"] == {argument: argument for argument in declared(dockerfile(name)) - {"TARGETARCH"}}
        assert set(found["args"]) <= set(build(name).variables)
        (tag,) = found["tags"]
        assert build(name).variables[tag] == str(build(name).images[image])


def test_every_target_is_built_by_default() -> None:
    assert targets_by_default() == ["airflow", *(image for each in BUILDS.values() for image in each.images)]


@pytest.mark.parametrize("name", BUILDS)
def test_variables_are_the_releases(name: str) -> None:
    release, prefix = BUILDS[name], name.upper().replace("-", "_")
    found = build(name).variables
    assert found[f"{prefix}_VERSION"] == (release.version or RELEASES.images[name].tag)
    assert (found.get(f"{prefix}_SOURCE"), found.get(f"{prefix}_CHECKSUM")) == (release.source, release.checksum)
    for base in release.bases:
        pinned = RELEASES.published(base)
        expected = f"{pinned.upstream}:{pinned.tag}" + (f"@{pinned.digest}" if pinned.digest else "")
        assert found[f"{base.upper().replace('-', '_')}_BASE"] == expected


def test_what_is_only_built_on_is_pinned_by_digest_and_used() -> None:
    assert all(base.digest for base in RELEASES.bases.values())
    assert {base for each in BUILDS.values() for base in each.bases} >= set(RELEASES.bases)
    assert not set(RELEASES.bases) & set(RELEASES.images)


@pytest.mark.parametrize("name", BUILDS)
def test_what_is_fetched_has_a_checksum_that_the_dockerfile_checks(name: str) -> None:
    release, text = BUILDS[name], dockerfile(name).read_text(encoding="utf-8")
    assert (release.source is None) == (release.checksum is None) == ("_CHECKSUM}" not in text)
    assert ("curl" in text) == ("sha256sum --check --strict" in text)
    assert ("go mod download" in text) == ('\\"Sum\\": \\"${KEDA_CHECKSUM}\\"' in text)


@pytest.mark.parametrize("name", BUILDS)
def test_in_china_bases_come_from_the_account_s_own_registry(name: str) -> None:
    found = build(name, "aws-cn")
    for base in BUILDS[name].bases:
        path = RELEASES.published(base).upstream.partition("/")[2]
        assert found.variables[f"{base.upper().replace('-', '_')}_BASE"].startswith(f"{CHINA}/{path}:")
    for key, image in found.images.items():
        assert str(image).startswith(f"{CHINA}/{key}:")


@pytest.mark.parametrize("name", BUILDS)
def test_only_places_have_mirrors(name: str) -> None:
    registry = Registry(settings=load_settings({"images.built": name}), account="123456789012")
    for variable in build(name).variables:
        changed = released_build(registry, name, mirrors={variable: "https://mirror.example.com"}).variables
        assert ("https://mirror.example.com" in changed.values()) == (variable in mirrored(name))
    assert not [variable for variable in mirrored(name) if not variable.endswith(("_SOURCE", "_PROXY"))]


@pytest.mark.parametrize("name", BUILDS)
def test_no_build_tool_is_left_and_nobody_is_root(name: str) -> None:
    lines = instructions(dockerfile(name))
    starts = [index for index, line in enumerate(lines) if line.startswith("FROM")]
    results = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    results = [stage for stage in results if any(line.startswith("ENTRYPOINT") for line in stage)]
    assert len(results) == len(BUILDS[name].images)
    for stage in results:
        text = "\n".join(stage)
        assert not re.search(r"build-essential|-dev\b|\bcurl\b|\bpip\b|\bgcc\b|golang", text, re.IGNORECASE)
        assert [line.split()[1] for line in stage if line.startswith("USER")][-1] == NONROOT[name]


@pytest.mark.parametrize("name", BUILDS)
def test_buildx_understands_it(name: str) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "buildx", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker buildx is not installed")
    found = build(name)
    done = subprocess.run(
        [docker, *found.arguments(found.images), "--print"],
        cwd=ROOT,
        env={**os.environ, **found.variables},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = json.loads(done.stdout)["target"]
    assert {key: each["tags"] for key, each in printed.items()} == {key: [str(i)] for key, i in found.images.items()}
    for each in printed.values():
        assert each["args"] == {argument: found.variables[argument] for argument in each["args"]}
