"""A folder as the kubelet mounts a Secret: all files are symbolic links through one that is replaced."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path


class Mounted:
    """Files that are replaced at once."""

    def __init__(self, path: Path, files: Mapping[str, str]) -> None:
        self.path = path
        self._count = 0
        path.mkdir()
        self.replace(files)
        for name in files:
            (path / name).symlink_to(f"..data/{name}")

    def replace(self, files: Mapping[str, str]) -> None:
        """What the kubelet's AtomicWriter does: a new folder, then one rename, then the old folder goes."""
        self._count += 1
        new = self.path / f"..2026_{self._count}"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text, encoding="utf-8")
        data, link = self.path / "..data", self.path / "..data_tmp"
        link.symlink_to(new.name)
        old = data.resolve() if data.exists() else None
        link.rename(data)
        if old:
            shutil.rmtree(old)
