"""Digests that are not in settings/releases.yaml yet: which, and what their publishers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.mirror.charts import ChartSource
from ops.mirror.route import Upstream
from settings import ChartRelease, ImageRelease, Releases


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A release without a digest."""

    section: str
    """``charts``, ``images`` or ``bases``."""
    key: str
    release: ImageRelease | ChartRelease

    @property
    def field(self) -> str:
        """What its digest is called in the file."""
        by_archive = isinstance(self.release, ChartRelease) and not self.release.is_oci
        return "sha256" if by_archive else "digest"

    @property
    def behind(self) -> str:
        """The field behind which its digest stands."""
        return "version" if isinstance(self.release, ChartRelease) else "tag"

    def __str__(self) -> str:
        version = self.release.version if isinstance(self.release, ChartRelease) else self.release.tag
        return f"{self.section}.{self.key} {version}"


def missing(releases: Releases) -> Iterator[Missing]:
    """All releases without a digest, in the order of the file."""
    sections: dict[str, Mapping[str, ImageRelease | ChartRelease]] = {
        "charts": releases.charts,
        "images": releases.images,
        "bases": releases.bases,
    }
    for section, entries in sections.items():
        for key, release in entries.items():
            found = Missing(section=section, key=key, release=release)
            if getattr(release, found.field) is None:
                yield found


def published(upstream: Upstream, each: Missing) -> str:
    """What the publisher says. Raises MirrorError where it does not."""
    source = upstream.of(each.release)
    return source.archive_sha256() if isinstance(source, ChartSource) else source.digest()
