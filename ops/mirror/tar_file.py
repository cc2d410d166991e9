"""An archive in one tar file, which can be gone on with."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

from ops.mirror.errors import MirrorError

_BLOCK = tarfile.BLOCKSIZE
_LAST = ("index.json",)
"""What changes until all is there: it is the last member of a tar file."""


@dataclass
class TarFile:
    """Members of a tar file, appended one by one.

    Python's own tarfile refuses a file that was cut off while a member was written. Here the rest of that member is
    cut off as well, and writing goes on behind the last that is whole.
    """

    path: Path
    reading: bool = False
    _at: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Where the content of each member begins, and its size."""
    _end: int = 0
    _waiting: dict[str, bytes] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.parts = self.path.with_name(f"{self.path.name}.parts")
        try:
            if not self.reading:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()
            self._scan()
        except OSError as error:
            raise MirrorError(f"{self.path}: {error.strerror}") from None
        if not self.reading and self.path.stat().st_size and "oci-layout" not in self._at:
            raise MirrorError(f"{self.path} is there and is no archive that could be gone on with; name another")
        if not self.reading:
            self._forget_last()

    def size(self, name: str) -> int | None:
        """Size of a member."""
        if name in self._waiting:
            return len(self._waiting[name])
        return self._at[name][1] if name in self._at else None

    def open(self, name: str) -> BinaryIO:
        """A member, read where it is."""
        if name in self._waiting:
            return io.BytesIO(self._waiting[name])
        start, size = self._at[name]
        return cast(BinaryIO, _Member(self.path.open("rb"), start, size))

    def add(self, name: str, file: Path) -> None:
        """Appends it."""
        with file.open("rb") as content:
            self._append(name, content, file.stat().st_size)
        file.unlink()

    def put(self, name: str, content: bytes) -> None:
        """Appends it; what changes waits until the end."""
        if name in _LAST:
            self._waiting[name] = content
        elif name not in self._at:
            self._append(name, io.BytesIO(content), len(content))

    def close(self) -> None:
        """Writes what waits, and the end of the file."""
        if self.reading:
            return
        for name, content in self._waiting.items():
            self._append(name, io.BytesIO(content), len(content))
        with self.path.open("r+b") as file:
            file.seek(self._end)
            file.write(bytes(2 * _BLOCK))
        if self.parts.is_dir() and not any(self.parts.iterdir()):
            self.parts.rmdir()

    def _append(self, name: str, content: BinaryIO, size: int) -> None:
        header = tarfile.TarInfo(name)
        header.size = size
        head = header.tobuf(tarfile.PAX_FORMAT)
        with self._lock, self.path.open("r+b") as file:
            try:
                file.seek(self._end)
                file.write(head)
                shutil.copyfileobj(content, file, 1 << 20)
                file.write(bytes(-size % _BLOCK))
                file.flush()
            except OSError:
                os.truncate(self.path, self._end)
                raise
            self._at[name] = (self._end + len(head), size)
            self._end = file.tell()

    def _scan(self) -> None:
        """Find the members that are whole."""
        whole = self.path.stat().st_size
        if not whole:
            return
        try:
            with tarfile.open(self.path, "r:") as archive:
                for member in archive:
                    end = member.offset_data + member.size + -member.size % _BLOCK
                    if end > whole:
                        break
                    self._at[member.name] = (member.offset_data, member.size)
                    self._end = end
        except tarfile.ReadError:
            if not self._at:
                raise MirrorError(f"{self.path} is no tar file, or a compressed one") from None

    def _forget_last(self) -> None:
        """The index is written anew at the end."""
        for name in _LAST:
            if name in self._at:
                with self.open(name) as file:
                    self._waiting[name] = file.read()
                start, _ = self._at.pop(name)
                self._end = start - _BLOCK
        os.truncate(self.path, self._end)


class _Member(io.RawIOBase):
    """A part of a file, for one reader."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:  # noqa: ARG002 - from the beginning only
        return self._file.seek(self._start + offset) - self._start

    def read(self, size: int = -1, /) -> bytes:
        left = self._start + self._size - self._file.tell()
        return self._file.read(left if size < 0 else min(size, left))

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()
