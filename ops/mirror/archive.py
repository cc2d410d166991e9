"""Archives: an OCI image layout, which other tools read too, as a folder or as one tar file.

https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Protocol, Self

from ops.mirror.artifacts import Artifact
from ops.mirror.ends import Reading, read_tree
from ops.mirror.errors import MirrorError
from ops.mirror.folder import Folder
from ops.mirror.oci import OCI_INDEX, OCI_MANIFEST, Descriptor, Manifest, digest_of, parse_manifest
from ops.mirror.tar_file import TarFile

_NAME = "org.opencontainers.image.ref.name"
_INDEX, _LAYOUT = "index.json", "oci-layout"
_PIECE = 1 << 20


class Files(Protocol):
    """What holds a layout."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def parts(self) -> Path:
        """A folder for what is not complete yet, on the same disk."""

    def size(self, name: str) -> int | None:
        """Size of a file, if it is there."""

    def open(self, name: str) -> BinaryIO:
        """A file that is there."""

    def add(self, name: str, file: Path) -> None:
        """Take a file over."""

    def put(self, name: str, content: bytes) -> None:
        """Write a small file, in place of an older one."""

    def close(self) -> None:
        """All is written."""


@dataclass
class Archive:
    """Artifacts by their names, without a prefix: one archive serves any account."""

    files: Files
    _named: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def to_write(cls, path: Path) -> Self:
        """One that is there is gone on with. Raises MirrorError for a folder or file with something else in it."""
        files: Files = TarFile(path) if path.suffix == ".tar" else Folder(path)
        files.put(_LAYOUT, json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        return cls(files, cls._index(files))

    @classmethod
    def to_look(cls, path: Path) -> Self:
        """Whatever is there; nothing is made."""
        files: Files = TarFile(path, reading=True) if path.is_file() else Folder(path, reading=True)
        return cls(files, cls._index(files))

    @classmethod
    def to_read(cls, path: Path) -> Self:
        """Raises MirrorError where there is none."""
        if not path.exists():
            raise MirrorError(f"{path}: there is no such file or folder")
        files: Files = TarFile(path, reading=True) if path.is_file() else Folder(path, reading=True)
        if files.size(_LAYOUT) is None or files.size(_INDEX) is None:
            raise MirrorError(f"{path} is no archive, or not written to its end: it has no {_LAYOUT} or no {_INDEX}")
        return cls(files, cls._index(files))

    @staticmethod
    def _index(files: Files) -> dict[str, dict[str, Any]]:
        if files.size(_INDEX) is None:
            return {}
        with closing(files.open(_INDEX)) as file:
            index = json.loads(file.read())
        return {named: each for each in index["manifests"] if (named := each.get("annotations", {}).get(_NAME))}

    def source(self, artifact: Artifact) -> ArchiveArtifact:
        """An artifact in it, to be read."""
        return ArchiveArtifact(archive=self, artifact=artifact)

    target = source

    def descriptor(self, name: str) -> dict[str, Any] | None:
        """What the index has under a name."""
        return self._named.get(name)

    def name(self, name: str, manifest: Manifest) -> None:
        """Put a manifest into the index, in place of what had this name before."""
        with self._lock:
            self._named[name] = {
                "mediaType": manifest.media_type,
                "digest": manifest.digest,
                "size": len(manifest.content),
                "annotations": {_NAME: name},
            }
            manifests = [self._named[each] for each in sorted(self._named)]
            index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
            self.files.put(_INDEX, json.dumps(index, indent=1).encode())

    def close(self) -> None:
        """All that was copied is written."""
        self.files.close()

    def verify(self, artifact: Artifact) -> None:
        """Read all of an artifact again. Raises MirrorError where something is not what its digest says."""
        source = self.source(artifact)
        for blob in read_tree(source).blobs:
            with closing(self.files.open(_blob(blob.digest))) as file:
                found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"  # type: ignore[arg-type]
            if found != blob.digest:
                raise MirrorError(f"{self.files.path}: {blob.digest} is damaged: its content is {found}")


@dataclass(frozen=True, kw_only=True)
class ArchiveArtifact:
    """One artifact in an archive, as a source and as a target."""

    archive: Archive
    artifact: Artifact

    def digest(self) -> Any:
        """What the index has under its name; none where it has no such name."""
        descriptor = self.archive.descriptor(self.artifact.name)
        return descriptor["digest"] if descriptor else None

    def manifest(self, digest: str | None = None) -> Manifest:
        """From its blob. What an index of its own says of it is its media type."""
        path, descriptor = self.archive.files.path, self.archive.descriptor(self.artifact.name)
        if descriptor is None:
            raise MirrorError(f"{path} does not have it: make the archive with the same --context, or with --all")
        wanted = digest or str(descriptor["digest"])
        if self.artifact.digest is not None and digest is None and wanted != self.artifact.digest:
            raise MirrorError(f"{path} has {wanted}; settings/releases.yaml pins {self.artifact.digest}")
        if self.archive.files.size(_blob(wanted)) is None:
            raise MirrorError(f"{path} is not complete: it has no {wanted}. Make it again")
        with closing(self.archive.files.open(_blob(wanted))) as file:
            content = file.read()
        if digest_of(content) != wanted:
            raise MirrorError(f"{path}: the manifest {wanted} is damaged. Nothing was copied")
        media_type = descriptor["mediaType"] if digest is None else json.loads(content).get("mediaType", "")
        return parse_manifest(content, media_type or OCI_MANIFEST)

    @contextmanager
    def read(self, blob: Descriptor, *, start: int) -> Iterator[Reading]:
        """From any byte on."""
        if self.archive.files.size(_blob(blob.digest)) is None:
            raise MirrorError(f"{self.archive.files.path} is not complete: it has no {blob.digest}. Make it again")
        with closing(self.archive.files.open(_blob(blob.digest))) as file:
            file.seek(start)
            yield Reading(start=start, pieces=iter(lambda: file.read(_PIECE), b""))

    def has(self, blob: Descriptor) -> bool:
        """Files are added when they are complete and have been checked."""
        return self.archive.files.size(_blob(blob.digest)) == blob.size

    def write(self, blob: Descriptor, file: Path, sent: Callable[[int], None]) -> None:
        """Moves the file."""
        self.archive.files.add(_blob(blob.digest), file)
        sent(blob.size)

    def publish(self, manifest: Manifest, *, tagged: bool) -> None:
        """The index names it last."""
        self.archive.files.put(_blob(manifest.digest), manifest.content)
        if tagged:
            self.archive.name(self.artifact.name, manifest)

    def existing(self) -> ArchiveArtifact:
        """What is there."""
        return self


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
