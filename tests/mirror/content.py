"""Images and charts for the tests: small, with a manifest for each platform and an attestation."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass

from ops.mirror.oci import OCI_INDEX, OCI_MANIFEST, digest_of

ATTESTATION = "application/vnd.in-toto+json"


@dataclass(frozen=True)
class Image:
    """An image with all that it consists of."""

    index: bytes
    manifests: tuple[bytes, ...]
    blobs: tuple[bytes, ...]

    @property
    def digest(self) -> str:
        """Of its index."""
        return digest_of(self.index)


def image(seed: str, *, size: int = 3000) -> Image:
    """An image of two platforms, whose layers have so many bytes."""
    blobs: list[bytes] = []
    manifests = [
        _manifest(blobs, [_layer(f"{seed} {platform} {number}", size) for number in range(2)], platform)
        for platform in ("arm64", "amd64")
    ]
    attestation = _manifest(blobs, [json.dumps({"of": seed}).encode()], "unknown", ATTESTATION)
    listed = [
        _descriptor(manifest, OCI_MANIFEST) | {"platform": {"os": os, "architecture": architecture}}
        for manifest, os, architecture in zip(
            [*manifests, attestation], ["linux", "linux", "unknown"], ["arm64", "amd64", "unknown"], strict=True
        )
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).encode()
    return Image(index, (*manifests, attestation), tuple(blobs))


def chart(name: str, version: str) -> bytes:
    """A chart's archive, which real Helm accepts."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: 1.20\ndeprecated: false\n",
        "values.yaml": "replicas: 1\n",
        "templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def _layer(seed: str, size: int) -> bytes:
    """Bytes that are the same for the same seed."""
    return hashlib.shake_256(seed.encode()).digest(size)


def _manifest(blobs: list[bytes], layers: list[bytes], platform: str, kind: str = "") -> bytes:
    config = json.dumps({"architecture": platform, "rootfs": [digest_of(layer) for layer in layers]}).encode()
    blobs += [config, *layers]
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [_descriptor(layer, kind or "application/vnd.oci.image.layer.v1.tar+gzip") for layer in layers],
    }
    return json.dumps(body).encode()


def _descriptor(content: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
