"""Artifacts: the images and charts that a deployment pulls from the account's registry, by their names there."""

from __future__ import annotations

from dataclasses import dataclass

from settings import ChartRelease, ImageRelease, Registry, Releases, Settings
from settings.pulled import everything, pulled


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An image, or a chart as an OCI artifact."""

    prefix: str
    """The setting ``images.prefix``: what all its repositories' names begin with."""
    path: str
    """Name of its repository, without the prefix."""
    tag: str
    digest: str | None
    """Where settings/releases.yaml pins one."""
    release: ImageRelease | ChartRelease

    @property
    def repository(self) -> str:
        """Name of its repository."""
        return f"{self.prefix}/{self.path}"

    @property
    def name(self) -> str:
        """What it is called where there is no prefix: in an archive, and to a person."""
        return f"{self.path}:{self.tag}"

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


def artifacts(
    settings: Settings, *, account: str, all_releases: bool = False, releases: Releases | None = None
) -> list[Artifact]:
    """What these settings make a deployment pull from the account's registry; or all that any settings would.

    None, where the settings have everything come from its publisher.
    """
    chosen = everything(releases=releases) if all_releases else pulled(settings, releases=releases)
    names = Registry(settings=settings, account=account, releases=releases)
    host = settings.facts.registry(account=account, region=settings.region)
    prefix = settings.images.prefix
    found: dict[str, Artifact] = {}
    for key, release in chosen.images.items():
        if not settings.images.is_copied(release.upstream):
            continue
        image = names.published_image(key)
        path = image.path.removeprefix(f"{prefix}/")
        artifact = Artifact(prefix=prefix, path=path, tag=image.tag, digest=image.digest, release=release)
        found[artifact.name] = artifact
    for key, chart_release in chosen.charts.items() if settings.images.charts_are_copied else ():
        chart = names.chart(key)
        path = chart.repository.removeprefix(f"oci://{host}/{prefix}/")
        artifact = Artifact(
            prefix=prefix, path=path, tag=chart_release.tag, digest=chart_release.digest, release=chart_release
        )
        found[artifact.name] = artifact
    return list(found.values())
