"""The folder with the archive of each chart that settings/releases.yaml pins."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from enum import StrEnum
from pathlib import Path

from ops.errors import OpsError
from settings import ChartRelease

VARIABLE = "HELM_CHARTS"
"""Environment variable that names another folder."""


class Standing(StrEnum):
    """What is known of the archive of a chart in the folder."""

    ABSENT = "not there"
    PINNED = "what is pinned"
    UNPINNED = "not checked, for want of a digest in settings/releases.yaml"
    OTHER = "not what settings/releases.yaml pins"


def charts_folder() -> Path:
    """The folder that HELM_CHARTS names; without it, one in the cache of the person's home."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "airflow-eks" / "charts"


def standing(release: ChartRelease, folder: Path) -> Standing:
    """Whether the folder has the archive, and whether it is what is pinned."""
    file = folder / release.archive
    if not file.is_file():
        return Standing.ABSENT
    if release.sha256 is None and release.digest is None:
        return Standing.UNPINNED
    archive = hashlib.sha256(file.read_bytes()).hexdigest()
    if release.digest is not None:
        return Standing.PINNED if _names(_manifest_file(release, folder), release.digest, archive) else Standing.OTHER
    return Standing.PINNED if release.sha256 == archive else Standing.OTHER


def keep(archive: bytes, release: ChartRelease, folder: Path, manifest: bytes) -> None:
    """Write an archive; it appears whole or not at all. Raises OpsError where the folder cannot be written.

    A registry's digest is that of the manifest, which names the archive: so the manifest is kept beside it.
    """
    if release.is_oci:
        _write(manifest, _manifest_file(release, folder))
    _write(archive, folder / release.archive)


def _manifest_file(release: ChartRelease, folder: Path) -> Path:
    return folder / f"{release.archive}.manifest.json"


def _names(manifest: Path, digest: str, sha256: str) -> bool:
    """Whether it is the manifest with that digest, and the archive with that SHA-256 is in it."""
    try:
        content = manifest.read_bytes()
    except OSError:
        return False
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        return False
    return f"sha256:{sha256}" in [layer["digest"] for layer in json.loads(content)["layers"]]


def _write(content: bytes, to: Path) -> None:
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=to.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(to)
    except OSError as error:
        message = f"{to.parent}: {error.strerror or error}. Set {VARIABLE} to a folder that can be written"
        raise OpsError(message) from None
