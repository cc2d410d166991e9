"""A repository of a registry, to copy from and to copy to: https://github.com/opencontainers/distribution-spec."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from oras.utils import append_url_params

from ops.mirror.client import Client
from ops.mirror.ends import Reading
from ops.mirror.errors import BrokenOffError, MirrorError
from ops.mirror.oci import ACCEPTED, Descriptor, Manifest, digest_of, parse_manifest
from ops.mirror.refusals import unreachable

_PIECE = 1 << 16
_MOST_PAGES = 100
"""Of tags; more have never been seen, and a registry that always names another page is none to follow."""
_ACCEPT = {"Accept": ", ".join(ACCEPTED)}


@dataclass(frozen=True, kw_only=True)
class RegistrySource:
    """An artifact in a registry, by its tag; by its digest alone, where one is pinned."""

    client: Client
    tag: str
    pinned: str | None = None

    def digest(self) -> str:
        """What the tag means. Registries that count pulls do not count this."""
        if self.pinned is not None:
            return self.pinned
        return _digest(self.client, self.tag) or self.manifest().digest

    def manifest(self, digest: str | None = None) -> Manifest:
        """By a digest, or the artifact's own."""
        wanted = digest or self.pinned
        answer = self.client.ask("GET", f"manifests/{wanted or self.tag}", headers=_ACCEPT, absent=True)
        if answer is None:
            raise self._missing(wanted)
        said = wanted or answer.headers.get("Docker-Content-Digest")
        if said is not None and said != digest_of(answer.content):
            raise MirrorError(
                f"{self.client.host} gives a manifest with the digest {digest_of(answer.content)} for {said}: "
                "corrupted, or not what was asked for. Nothing was copied"
            )
        return parse_manifest(answer.content, answer.headers.get("Content-Type", ""))

    @contextmanager
    def read(self, blob: Descriptor, *, start: int) -> Iterator[Reading]:
        """Streams; where the registry has no ranges, from the beginning."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        answer = self.client.must("GET", f"blobs/{blob.digest}", headers=headers, stream=True)
        with answer:
            partial = answer.status_code == HTTPStatus.PARTIAL_CONTENT
            yield Reading(start=start if partial else 0, pieces=_pieces(answer, self.client.host))

    def _missing(self, wanted: str | None) -> MirrorError:
        name = f"{self.client.host}/{self.client.repository.api_prefix}"
        if wanted is None:
            return MirrorError(f"{name} has no tag {self.tag}. Is it right in settings/releases.yaml?")
        if wanted != self.pinned:
            return MirrorError(f"{name} has no {wanted}, although the image's own index names it. Nothing was copied")
        now = _digest(self.client, self.tag)
        told = f"its tag {self.tag} is {now}" if now else f"it has no tag {self.tag} either"
        return MirrorError(
            f"{name} has no {wanted}, which settings/releases.yaml pins; {told}. Nothing was copied. If the new one is "
            "meant, pin its digest"
        )


@dataclass(frozen=True, kw_only=True)
class RegistryTarget:
    """A repository of the account's own registry, and the tag that the artifact has in it."""

    client: Client
    tag: str

    def digest(self) -> str | None:
        """What the tag means there; none where it or the repository is not there."""
        return _digest(self.client, self.tag)

    def has(self, blob: Descriptor) -> bool:
        """Blobs are there once a manifest refers to them, or for some days after they have come."""
        return self.client.ask("HEAD", f"blobs/{blob.digest}", absent=True) is not None

    def write(self, blob: Descriptor, file: Path, sent: Callable[[int], None]) -> None:
        """In one piece, which the registry checks against the digest before it keeps it.

        A piece of it cannot be taken up again: Amazon ECR says of no upload how far it has come.
        """
        started = self.client.must("POST", "blobs/uploads/", data=b"")
        location = self.client._get_location(started, self.client.repository)  # noqa: SLF001 - oras has no other
        address = append_url_params(location, {"digest": blob.digest})
        with _Sent(file, sent) as content:
            headers = {"Content-Type": "application/octet-stream"}
            self.client.must("PUT", address, data=content, headers=headers)

    def publish(self, manifest: Manifest, *, tagged: bool) -> None:
        """The registry refuses it where it refers to what is not there."""
        reference = self.tag if tagged else manifest.digest
        headers = {"Content-Type": manifest.media_type}
        answer = self.client.must("PUT", f"manifests/{reference}", data=manifest.content, headers=headers)
        said = answer.headers.get("Docker-Content-Digest", manifest.digest)
        if said != manifest.digest:
            raise MirrorError(f"{self.client.host} has {said} for what was sent as {manifest.digest}")

    def existing(self) -> RegistrySource:
        """What is there."""
        return RegistrySource(client=self.client, tag=self.tag)


class _Sent(io.FileIO):
    """A file that says what has been read of it. requests finds its length, urllib3 its beginning for another try."""

    def __init__(self, path: Path, sent: Callable[[int], None]) -> None:
        super().__init__(path)
        self._sent = sent

    def read(self, size: int | None = -1, /) -> Any:
        piece = super().read(-1 if size is None else size)
        self._sent(len(piece or b""))
        return piece


def tags(client: Client) -> Iterator[str]:
    """All tags of a repository, page after page. Raises MirrorError where it has none, or does not say."""
    path = "tags/list?n=1000"
    for _ in range(_MOST_PAGES):
        answer = client.must("GET", path)
        try:
            found = answer.json().get("tags") or ()
        except (ValueError, AttributeError):
            raise MirrorError(f"{client.host} answers with no list of tags") from None
        yield from found
        following = answer.links.get("next", {}).get("url")
        if not following:
            return
        path = urljoin(answer.url, following)


def _digest(client: Client, tag: str) -> str | None:
    answer = client.ask("HEAD", f"manifests/{tag}", headers=_ACCEPT, absent=True)
    if answer is None:
        return None
    # The specification leaves it to a registry whether it says the digest.
    said: str | None = answer.headers.get("Docker-Content-Digest")
    return said or digest_of(client.must("GET", f"manifests/{tag}", headers=_ACCEPT).content)


def _pieces(answer: requests.Response, host: str) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(_PIECE)
    except requests.RequestException as error:
        raise BrokenOffError(str(unreachable(error, host=host))) from None
