"""Routes: from the publishers or an archive, to the account's registry or an archive."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops.aws import Aws, connect
from ops.aws_errors import CALL_ERRORS, explain
from ops.mirror.archive import Archive
from ops.mirror.artifacts import Artifact
from ops.mirror.charts import ChartRepositories, ChartSource
from ops.mirror.client import Client
from ops.mirror.ends import Source, Target
from ops.mirror.errors import StopError
from ops.mirror.parts import Parts, default_folder
from ops.mirror.registry import RegistrySource, RegistryTarget, tags
from ops.mirror.repositories import Repositories
from settings import ChartRelease, ImageRelease, Settings


@dataclass(kw_only=True)
class Route:
    """From where to where."""

    title: str
    account: str
    """The account whose registry is filled; empty for an archive."""
    source: Callable[[Artifact], Source]
    target: Callable[[Artifact], Target]
    prepare: Callable[[str], None]
    """Makes a repository ready, by its name."""
    parts: Parts
    verify: Callable[[Artifact], None]
    """What is still to be checked when all has been copied."""
    close: Callable[[], None]
    keeps_all: bool
    """Whether what is copied stays on this machine's disk."""


def route_of(
    settings: Settings, profile: str | None, to_archive: Path | None, from_archive: Path | None, *, plan_only: bool
) -> Route:
    """Raises OpsError where an end cannot be used at all."""
    upstream = Upstream()
    if to_archive is not None:
        archive = Archive.to_look(to_archive) if plan_only else Archive.to_write(to_archive)
        return Route(
            title=f"from the publishers to {to_archive}",
            account="",
            source=upstream.source,
            target=archive.target,
            prepare=lambda _: None,
            parts=Parts(archive.files.parts),
            verify=archive.verify,
            close=(lambda: None) if plan_only else archive.close,
            keeps_all=True,
        )
    source, told = upstream.source, "the publishers"
    if from_archive is not None:
        source, told = Archive.to_read(from_archive).source, str(from_archive)
    aws = connect(region=settings.region, partition=settings.partition, profile=profile)
    registry = Destination(aws)
    return Route(
        title=f"from {told} to {registry.host}",
        account=aws.account,
        source=source,
        target=registry.target,
        prepare=registry.prepare,
        parts=Parts(default_folder()),
        verify=lambda _: None,
        close=lambda: None,
        keeps_all=False,
    )


class Upstream:
    """The publishers' registries and chart repositories."""

    def __init__(self) -> None:
        self._charts = ChartRepositories()

    def source(self, artifact: Artifact) -> Source:
        """Where an artifact comes from."""
        return self.of(artifact.release)

    def of(self, release: ImageRelease | ChartRelease) -> RegistrySource | ChartSource:
        """Where an image or a chart comes from."""
        if isinstance(release, ChartRelease) and not release.is_oci:
            return self._charts.source(release)
        return RegistrySource(client=_client(release), tag=release.tag, pinned=release.digest)

    def versions(self, release: ImageRelease | ChartRelease) -> list[str]:
        """All that a publisher has of an image or a chart, by tag or version.

        Raises MirrorError where it does not say.
        """
        if isinstance(release, ChartRelease) and not release.is_oci:
            return self._charts.versions(release)
        return list(tags(_client(release)))


def _client(release: ImageRelease | ChartRelease) -> Client:
    """The repository of what is in a registry."""
    upstream = release.upstream if isinstance(release, ImageRelease) else release.repository.removeprefix("oci://")
    host, _, path = upstream.partition("/")
    return Client(host=host, repository=path)


class Destination:
    """The account's own registry."""

    def __init__(self, aws: Aws) -> None:
        # The token says which registry it is for.
        granted = aws.client("ecr").get_authorization_token()["authorizationData"][0]
        self.host = urlsplit(granted["proxyEndpoint"]).netloc
        self._password = base64.b64decode(granted["authorizationToken"]).decode().partition(":")[2]
        self._repositories = Repositories(aws)

    def target(self, artifact: Artifact) -> Target:
        """Where an artifact goes to."""
        client = Client(host=self.host, repository=artifact.repository, password=self._password)
        return RegistryTarget(client=client, tag=artifact.tag)

    def prepare(self, repository: str) -> None:
        """Make a repository, or set it right."""
        for line in self._repositories.ensure(repository):
            print(line)


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of AWS, explained: none of them is of one artifact alone."""
    try:
        yield
    except CALL_ERRORS as error:
        raise StopError(str(explain(error))) from None
