"""The folder with the archive of each chart that settings/releases.yaml pins."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ops.errors import OpsError
from settings import ChartRelease

VARIABLE = "HELM_CHARTS"
"""Environment variable that names another folder."""


def charts_folder() -> Path:
    """The folder that HELM_CHARTS names; without it, one in the cache of the person's home."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "airflow-eks" / "charts"


def is_there(release: ChartRelease, folder: Path) -> bool:
    """Whether the folder has the archive, and it is what is pinned, if its SHA-256 is."""
    file = folder / release.archive
    if not file.is_file():
        return False
    return release.sha256 in (None, hashlib.sha256(file.read_bytes()).hexdigest())


def keep(archive: bytes, release: ChartRelease, folder: Path) -> None:
    """Write an archive; it appears whole or not at all. Raises OpsError where the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(archive)
        Path(file.name).replace(folder / release.archive)
    except OSError as error:
        raise OpsError(f"{folder}: {error.strerror or error}. Set {VARIABLE} to a folder that can be written") from None
