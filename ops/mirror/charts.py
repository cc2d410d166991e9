"""Charts of an HTTP repository, as the OCI artifacts that ``helm push`` would make of them.

https://helm.sh/docs/topics/registries/#oci-feature-deprecation-and-behavior-changes-with-v370 and its neighbours: a
configuration that is the chart's Chart.yaml as JSON, and the chart's own archive as the only layer. Nothing in it is
of the day on which it was made, so the same chart has the same digest every time and everywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import yaml
from requests.adapters import HTTPAdapter

from ops.mirror.client import RETRY
from ops.mirror.ends import Reading, Source
from ops.mirror.errors import BusyError, MirrorError
from ops.mirror.oci import OCI_MANIFEST, Descriptor, Manifest, digest_of, parse_manifest
from ops.mirror.refusals import unreachable
from settings import ChartRelease

_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_TIMEOUT_SECONDS = (10, 60)


class ChartRepositories:
    """Indexes of HTTP repositories, each fetched once."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.mount("https://", HTTPAdapter(max_retries=RETRY))
        self._session.mount("http://", HTTPAdapter(max_retries=RETRY))
        self._indexes: dict[str, Any] = {}
        self._lock = Lock()

    def source(self, release: ChartRelease) -> ChartSource:
        """A chart."""
        return ChartSource(repositories=self, release=release)

    def entry(self, release: ChartRelease) -> dict[str, Any]:
        """What a repository's index says of a chart's version. Raises MirrorError where it has none."""
        versions = self._versions(release)
        for entry in versions:
            if entry.get("version") == release.version:
                return dict(entry)
        raise MirrorError(
            f"{release.repository} has no version {release.version} of the chart {release.name}. Is it right in "
            "settings/releases.yaml?"
        )

    def versions(self, release: ChartRelease) -> list[str]:
        """The versions of a chart. Raises MirrorError where the repository does not say."""
        return [str(entry["version"]) for entry in self._versions(release) if "version" in entry]

    def _versions(self, release: ChartRelease) -> list[dict[str, Any]]:
        with self._lock:
            if release.repository not in self._indexes:
                content = self.get(f"{release.repository.rstrip('/')}/index.yaml")
                self._indexes[release.repository] = _entries(content, release.repository)
        found: list[dict[str, Any]] = self._indexes[release.repository].get(release.name, [])
        return found

    def get(self, url: str) -> bytes:
        """A file of a repository. Raises MirrorError where it cannot be had."""
        host = urlsplit(url).netloc
        try:
            answer = self._session.get(url, timeout=_TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise unreachable(error, host=host) from None
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise MirrorError(f"{url} is not there")
        if not answer.ok:
            raise BusyError(f"{host} answered {answer.status_code} for {url}")
        return answer.content


@dataclass(frozen=True)
class ChartSource:
    """One chart, as an OCI artifact that is made when it is first asked for."""

    repositories: ChartRepositories
    release: ChartRelease

    def digest(self) -> str:
        """Of the artifact; the chart is fetched for it."""
        return self.manifest().digest

    def archive_sha256(self) -> str:
        """Of the archive: what the repository's index says; where it says nothing, that of the archive itself."""
        entry = self.repositories.entry(self.release)
        return _said(entry) or hashlib.sha256(self._content(entry)).hexdigest()

    def manifest(self, digest: str | None = None) -> Manifest:  # noqa: ARG002 - it refers to no other
        """What ``helm push`` would have sent, without the date."""
        return self._artifact[0]

    @contextmanager
    def read(self, blob: Descriptor, *, start: int) -> Iterator[Reading]:
        """Charts are small: it is in memory."""
        yield Reading(start=start, pieces=iter([self._artifact[1][blob.digest][start:]]))

    @cached_property
    def _artifact(self) -> tuple[Manifest, dict[str, bytes]]:
        archive = self._archive()
        metadata = _metadata(archive, self.release)
        config = json.dumps(metadata, sort_keys=True, separators=(",", ":")).encode()
        annotations = {
            "org.opencontainers.image.title": self.release.name,
            "org.opencontainers.image.version": self.release.version,
        }
        body = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": _CONFIG, "digest": digest_of(config), "size": len(config)},
            "layers": [{"mediaType": _CHART, "digest": digest_of(archive), "size": len(archive)}],
            "annotations": annotations,
        }
        manifest = parse_manifest(json.dumps(body, separators=(",", ":")).encode(), OCI_MANIFEST)
        return manifest, {digest_of(content): content for content in (config, archive)}

    def _archive(self) -> bytes:
        """The chart, if it is what the index says, and what is pinned."""
        entry = self.repositories.entry(self.release)
        archive = self._content(entry)
        found = hashlib.sha256(archive).hexdigest()
        said = _said(entry)
        pins = ((self.release.sha256, "settings/releases.yaml pins"), (said, "the repository's index says"))
        for wanted, who in pins:
            if wanted and wanted != found:
                raise MirrorError(
                    f"the chart {self.release.name} {self.release.version} has the sha256 {found}, {who} {wanted}: "
                    "corrupted, or not what was meant. Nothing was copied"
                )
        if not said and not self.release.sha256:
            raise MirrorError(
                f"{self.release.repository} has no digest for the chart {self.release.name}: pin its sha256 in "
                "settings/releases.yaml"
            )
        return archive

    def _content(self, entry: dict[str, Any]) -> bytes:
        base = f"{self.release.repository.rstrip('/')}/"
        return self.repositories.get(urljoin(base, str(entry["urls"][0])))


def archive_of(source: Source, manifest: Manifest) -> bytes:
    """The archive of a chart, which is the only layer that its manifest names. Raises MirrorError."""
    layers = [blob for blob in manifest.blobs if blob.media_type == _CHART]
    if len(layers) != 1:
        raise MirrorError("what is there is no Helm chart: its manifest names no archive of one")
    with source.read(layers[0], start=0) as reading:
        archive = b"".join(reading.pieces)
    if digest_of(archive) != layers[0].digest:
        raise MirrorError(f"{layers[0].digest} is corrupted where it comes from: what comes is {digest_of(archive)}")
    return archive


def _said(entry: dict[str, Any]) -> str:
    """The archive's SHA-256 as an index has it; empty where it has none."""
    return str(entry.get("digest", "")).removeprefix("sha256:")


def _entries(content: bytes, repository: str) -> dict[str, Any]:
    # The C parser: indexes have megabytes.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        index = yaml.load(content, Loader=loader)  # noqa: S506 - a safe loader
        entries: dict[str, Any] = index["entries"]
    except (yaml.YAMLError, KeyError, TypeError):
        raise MirrorError(f"{repository}/index.yaml is no index of a chart repository") from None
    return entries


def _metadata(archive: bytes, release: ChartRelease) -> dict[str, Any]:
    """Chart.yaml. Helm reads nearly all of it as text, as this does: a version 1.20 stays what it is."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
            file = files.extractfile(f"{release.name}/Chart.yaml")
            assert file is not None  # noqa: S101 - a KeyError says that it is not there
            metadata: dict[str, Any] = yaml.load(file.read(), Loader=yaml.BaseLoader)  # noqa: S506 - makes text only
    except (tarfile.TarError, KeyError, EOFError, OSError, yaml.YAMLError):
        raise MirrorError(f"the chart {release.name} {release.version} is no chart: it has no Chart.yaml") from None
    if "deprecated" in metadata:
        metadata["deprecated"] = metadata["deprecated"] == "true"
    return metadata
