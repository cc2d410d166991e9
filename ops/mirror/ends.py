"""The two ends of a copy. Registries, archives and chart repositories are one or both of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.mirror.oci import Descriptor, Manifest, Tree


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A blob that is being read."""

    start: int
    """Where it begins: at the byte that was asked for, or at 0 where only the whole can be had."""
    pieces: Iterator[bytes]


class Source(Protocol):
    """Where one artifact is copied from. All raise MirrorError."""

    def digest(self) -> str:
        """What the artifact's manifest has for a digest, without taking the manifest where that is possible."""

    def manifest(self, digest: str | None = None) -> Manifest:
        """The artifact's own manifest, or one that it refers to; checked against its digest."""

    def read(self, blob: Descriptor, *, start: int) -> AbstractContextManager[Reading]:
        """A blob from a byte on. What comes is not checked."""


class Target(Protocol):
    """Where one artifact is copied to. All raise MirrorError."""

    def digest(self) -> str | None:
        """What is there under the artifact's tag."""

    def has(self, blob: Descriptor) -> bool:
        """Whether a blob is there."""

    def write(self, blob: Descriptor, file: Path, sent: Callable[[int], None]) -> None:
        """Take a blob over from a file, which may be moved away. Says how many bytes have gone, as they go."""

    def publish(self, manifest: Manifest, *, tagged: bool) -> None:
        """Take a manifest over, all that it refers to being there; under the artifact's tag, or by its digest alone."""

    def existing(self) -> Source:
        """What is there already, to be read."""


def read_tree(source: Source) -> Tree:
    """An artifact with all that its manifest refers to. Raises MirrorError."""
    root = source.manifest()
    children = []
    for child in root.children:
        manifest = source.manifest(child.digest)
        # An index of indexes is allowed, and used by nobody so far.
        children += [(below, source.manifest(below.digest)) for below in manifest.children]
        children.append((child, manifest))
    return Tree(root=root, children=tuple(children))
