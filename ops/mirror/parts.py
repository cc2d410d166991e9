"""Parts: blobs on their way, in files that a later run goes on with."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from ops.mirror.ends import Source
from ops.mirror.errors import BrokenOffError, InterruptedCopyError, MirrorError, StopError
from ops.mirror.oci import Descriptor

_TRIES = 5
FIRST_PAUSE_SECONDS = 1.0
"""Doubled with each try."""


def default_folder() -> Path:
    """Where parts are that go to a registry."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "airflow-eks" / "mirror"


@dataclass
class Parts:
    """Fetches blobs into a folder, and checks them."""

    folder: Path
    stop: Event = field(default_factory=Event)
    """Set where all are to end."""
    _locks: dict[str, Lock] = field(default_factory=dict)

    def require_room(self, needed: int) -> None:
        """Raises StopError where so many bytes do not fit on the disk."""
        existing = next(each for each in (self.folder, *self.folder.resolve().parents) if each.is_dir())
        free = shutil.disk_usage(existing).free
        if free < needed:
            raise StopError(f"{self.folder}: {gigabytes(needed)} are needed and {gigabytes(free)} are free")

    @contextmanager
    def fetched(self, source: Source, blob: Descriptor, received: Callable[[int], None]) -> Iterator[Path]:
        """A blob's file, complete and checked; taken away afterwards. What was there of it is not fetched again.

        Raises MirrorError where it cannot be had, or is not what its digest says; StopError where the disk is full.
        """
        part = self.folder / blob.digest.replace(":", "-")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._complete(source, blob, part, received)
            yield part
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StopError(f"{self.folder}: the disk is full. Make room, then run the command again") from None
            raise StopError(f"{self.folder}: {error.strerror or error}") from None
        part.unlink(missing_ok=True)

    def only_one(self, blob: Descriptor) -> Lock:
        """Held while a blob is copied: images share layers. To set a default is one step for all threads."""
        return self._locks.setdefault(blob.digest, Lock())

    def go_on(self) -> None:
        """Raises InterruptedCopyError where all are to end."""
        if self.stop.is_set():
            raise InterruptedCopyError("stopped")

    def _complete(self, source: Source, blob: Descriptor, part: Path, received: Callable[[int], None]) -> None:
        received(min(_size(part), blob.size))
        damaged = False
        for number in range(_TRIES):
            try:
                if _size(part) != blob.size:
                    self._receive(source, blob, part, received)
            except BrokenOffError:
                if number == _TRIES - 1:
                    raise
                self.stop.wait(FIRST_PAUSE_SECONDS * 2**number)
                self.go_on()
                continue
            if _size(part) == blob.size and _digest(part) == blob.digest:
                return
            if _size(part) >= blob.size:
                received(-_size(part))
                part.unlink()
                if damaged:
                    break
                damaged = True
        raise MirrorError(
            f"{blob.digest} is corrupted where it comes from: what comes has another digest, twice. Nothing was copied"
        )

    def _receive(self, source: Source, blob: Descriptor, part: Path, received: Callable[[int], None]) -> None:
        with source.read(blob, start=_size(part)) as reading, part.open("ab") as file:
            received(reading.start - file.tell())
            file.truncate(reading.start)
            for piece in reading.pieces:
                self.go_on()
                file.write(piece)
                received(len(piece))


def gigabytes(size: int) -> str:
    """A size as a person reads it; units of a thousand, as registries have them."""
    unit, divisor = ("GB", 1e9) if size >= 1e9 else ("MB", 1e6) if size >= 1e5 else ("kB", 1e3)  # noqa: PLR2004
    return f"{size / divisor:.1f} {unit}"


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _digest(part: Path) -> str:
    with part.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
