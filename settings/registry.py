"""Registry: from a release's key to the reference that a manifest carries, upstream or private."""

from __future__ import annotations

from dataclasses import dataclass

from settings.builds import build_tag, build_version, built_images
from settings.model import Settings
from settings.packages import Packages, read_packages
from settings.releases import Releases, load_releases

AIRFLOW = "airflow"
"""Key of Airflow's own image."""


@dataclass(frozen=True, kw_only=True)
class ImageReference:
    """A container image, in the pieces that Helm charts ask for."""

    registry: str
    """Host name, e.g. ``quay.io``."""
    path: str
    """Path within the registry, e.g. ``prometheus/statsd-exporter``."""
    tag: str
    digest: str | None

    @property
    def repository(self) -> str:
        """Registry and path, without the tag."""
        return f"{self.registry}/{self.path}"

    @property
    def tag_and_digest(self) -> str:
        """What a chart wants as its tag, where it knows of no digest."""
        return f"{self.tag}@{self.digest}" if self.digest else self.tag

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag_and_digest}"


@dataclass(frozen=True, kw_only=True)
class ChartReference:
    """A Helm chart, as ``helm`` takes it: an OCI reference stands in ``repository`` whole."""

    repository: str
    name: str
    version: str


class Registry:
    """Resolves the keys of settings/releases.yaml for one deployment.

    With ``images.source: private``, images and charts are those that the account's own Amazon ECR holds, under
    ``<prefix>/<upstream path>`` and ``<prefix>/charts/<name>``, with the upstream's tags and digests; with
    ``images.copied`` so are the images of the registries that it names.
    """

    def __init__(self, *, settings: Settings, account: str, releases: Releases | None = None) -> None:
        self._releases = releases or load_releases()
        self._settings = settings.images
        self._host = settings.facts.registry(account=account, region=settings.region)
        self._prefix = settings.images.prefix
        self._requirements = settings.airflow.requirements
        self._built = built_images(settings.images.built, self._releases)

    def image(self, key: str) -> ImageReference:
        """The image with this key, as this deployment runs it: published, or built by ``ops image``.

        Airflow's is built with the packages of ``airflow.requirements``, where there are some; others where
        ``images.built`` names them. Raises KeyError where the releases have none.
        """
        if key == AIRFLOW and self._requirements is not None:
            return self._airflow(read_packages(self._requirements))
        if key in self._built:
            return self._own(key, tag=build_tag(self._built[key], self._releases))
        return self.published_image(key)

    def is_built(self, key: str) -> bool:
        """Whether the image with this key is built by ``ops image``, and so always in the account's own registry."""
        return key in self._built or (key == AIRFLOW and self._requirements is not None)

    @property
    def built(self) -> dict[str, ImageReference]:
        """All images that ``ops image`` builds for this deployment, by their keys."""
        return {key: self.image(key) for key in self._releases.images if self.is_built(key)}

    def version(self, key: str) -> str:
        """The version of what is in an image, whatever its tag. Raises KeyError where the releases have none."""
        if key in self._built:
            return build_version(self._built[key], self._releases)
        return self._releases.images[key].tag

    def published_image(self, key: str) -> ImageReference:
        """The image, or base, as its publisher offers it, or a copy of it.

        Raises KeyError where the releases have none.
        """
        release = self._releases.published(key)
        host, _, path = release.upstream.partition("/")
        if self._settings.is_copied(release.upstream):
            host, path = self._host, f"{self._prefix}/{path}"
        return ImageReference(registry=host, path=path, tag=release.tag, digest=release.digest)

    def _airflow(self, packages: Packages) -> ImageReference:
        """Airflow with packages: built by ``ops image``, and always in the account's own registry."""
        release = self._releases.images[AIRFLOW]
        # By its publisher's name wherever it is copied from, so that the tag is the same everywhere.
        base = f"{release.upstream}:{release.tag}" + (f"@{release.digest}" if release.digest else "")
        return self._own(AIRFLOW, tag=packages.tag(version=release.tag, base=base))

    def _own(self, key: str, *, tag: str) -> ImageReference:
        return ImageReference(registry=self._host, path=f"{self._prefix}/{key}", tag=tag, digest=None)

    def chart(self, key: str) -> ChartReference:
        """The chart with this key. Raises KeyError where the releases have none."""
        release = self._releases.charts[key]
        repository = release.repository
        if self._settings.charts_are_copied:
            repository = f"oci://{self._host}/{self._prefix}/charts/{release.name}"
        return ChartReference(repository=repository, name=release.name, version=release.version)
