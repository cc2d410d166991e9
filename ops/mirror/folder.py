"""An archive in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ops.mirror.errors import MirrorError


class Folder:
    """Files in a folder. Each appears with its full content or not at all."""

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        self.path = path
        self.parts = path / "parts"
        if reading:
            return
        try:
            path.mkdir(parents=True, exist_ok=True)
            others = [each.name for each in path.iterdir()]
        except OSError as error:
            raise MirrorError(f"{path}: {error.strerror}") from None
        if others and "oci-layout" not in others:
            raise MirrorError(f"{path} has something else in it ({others[0]}); name an empty folder, or a new one")

    def size(self, name: str) -> int | None:
        """Size of a file."""
        file = self.path / name
        return file.stat().st_size if file.is_file() else None

    def open(self, name: str) -> BinaryIO:
        """A file."""
        return (self.path / name).open("rb")

    def add(self, name: str, file: Path) -> None:
        """Moves it, within one disk."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)

    def put(self, name: str, content: bytes) -> None:
        """Written aside first."""
        self.parts.mkdir(parents=True, exist_ok=True)
        aside = self.parts / name.replace("/", "-")
        aside.write_bytes(content)
        self.add(name, aside)

    def close(self) -> None:
        """Nothing waits; what was not completed stays for the next run."""
        if self.parts.is_dir() and not any(self.parts.iterdir()):
            self.parts.rmdir()
