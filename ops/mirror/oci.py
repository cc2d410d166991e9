"""Manifests and descriptors of the OCI image specification, and Docker's older ones, as far as a copy reads them.

https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.mirror.errors import MirrorError

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEXES = (OCI_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = (OCI_MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
ACCEPTED = (*_INDEXES, *_MANIFESTS)
"""Media types that are asked for."""

# What Microsoft's terms once forbade to copy: a client takes it from the address in its descriptor.
_NOT_COPIED = ("application/vnd.docker.image.rootfs.foreign", "application/vnd.oci.image.layer.nondistributable")


def digest_of(content: bytes) -> str:
    """The digest that addresses a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """What a manifest says of a blob, or an index of a manifest."""

    media_type: str
    digest: str
    size: int
    """In bytes, as stored: layers are compressed."""
    platform: str = ""
    """``linux/arm64``, or empty where none is said."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest or an index, byte by byte as its publisher made it, for its digest is that of these bytes."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """What addresses it."""
        return digest_of(self.content)

    @property
    def descriptor(self) -> Descriptor:
        """How an index names it."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=len(self.content))

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """The manifests of an index: one for each platform, and attestations of how they were built."""
        return tuple(map(_descriptor, self._body["manifests"])) if self.media_type in _INDEXES else ()

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Configuration and layers of a manifest."""
        if self.media_type in _INDEXES:
            return ()
        named = [self._body["config"], *self._body["layers"]]
        return tuple(_descriptor(each) for each in named if not each["mediaType"].startswith(_NOT_COPIED))

    @property
    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.content)
        return body


def parse_manifest(content: bytes, media_type: str) -> Manifest:
    """Raises MirrorError for what is none, or of a kind that is not known."""
    manifest = Manifest(content=content, media_type=media_type.partition(";")[0].strip())
    if manifest.media_type not in ACCEPTED:
        raise MirrorError(f"its manifest is of a kind that cannot be copied: {manifest.media_type or 'none'}")
    try:
        _ = manifest.children, manifest.blobs
    except (ValueError, KeyError, TypeError):
        raise MirrorError(f"its manifest {manifest.digest} is none: the registry answers something else") from None
    return manifest


@dataclass(frozen=True, kw_only=True)
class Tree:
    """An artifact as a whole: its manifest, and those that it refers to."""

    root: Manifest
    children: tuple[tuple[Descriptor, Manifest], ...] = ()
    """In the order in which they have to be there: none refers to a later one."""

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Every blob once, with the platform that it is for."""
        found = {blob.digest: blob for blob in self._blobs()}
        return tuple(found.values())

    def bytes_of(self, platform: str) -> int:
        """Size of what a node of that platform pulls."""
        return sum(blob.size for blob in self.blobs if blob.platform == platform)

    @property
    def size(self) -> int:
        """Of all platforms, in bytes."""
        return sum(blob.size for blob in self.blobs)

    def _blobs(self) -> Iterator[Descriptor]:
        yield from self.root.blobs
        for said, manifest in self.children:
            for blob in manifest.blobs:
                yield Descriptor(media_type=blob.media_type, digest=blob.digest, size=blob.size, platform=said.platform)


def _descriptor(body: dict[str, Any]) -> Descriptor:
    platform = body.get("platform", {})
    named = [platform.get("os", ""), platform.get("architecture", ""), platform.get("variant", "")]
    if named[:2] == ["linux", "arm64"]:
        named = named[:2]  # v8 is what arm64 is, whether said or not
    return Descriptor(
        media_type=body["mediaType"],
        digest=str(body["digest"]),
        size=int(body["size"]),
        platform="/".join(filter(None, named)),
    )
