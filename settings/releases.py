"""Releases: the one table of pinned versions, read from releases.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

RELEASES_FILE = Path(__file__).with_name("releases.yaml")
UNPINNED = "unpinned"
"""What stands in the table where a version is left to AWS."""


def place(kubernetes_version: str, partition: str) -> str:
    """How the table names clusters of a version in a partition."""
    return f"{kubernetes_version}/{partition}"


class _Release(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KubernetesRelease(_Release):
    """A Kubernetes minor version and where its kubectl and Helm binaries come from."""

    kubectl_layer: str
    kubectl_layer_class: str
    ami: str = Field(pattern=r"^(\d{8}|unpinned)$")
    """Release of the nodes' image, by its date; ``unpinned`` is the newest at any time."""
    karpenter: str | None = None
    """The oldest Karpenter that knows this version; None where the pinned one does."""


class KubernetesReleases(_Release):
    """The Kubernetes minor versions that can be chosen, and the one that is chosen by default."""

    default: str
    versions: dict[str, KubernetesRelease]


class EngineReleases(_Release):
    """Versions of managed engines."""

    aurora_postgresql: str
    aurora_postgresql_17: str
    valkey: str
    redis: str

    def aurora(self, major: str) -> str:
        """Aurora PostgreSQL, by the major version."""
        return self.aurora_postgresql_17 if major == "17" else self.aurora_postgresql

    def queue(self, engine: str) -> str:
        """ElastiCache, by the engine's name."""
        return self.redis if engine == "redis" else self.valkey


class ChartRelease(_Release):
    """A Helm chart: where its publisher offers it, its name and its version."""

    repository: str
    name: str
    version: str
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Of the archive, where the repository is one of files."""
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    """Of the artifact, where the repository is a registry (``oci://…``)."""
    where: str | None = None
    """The switch among the settings without which nothing installs it; every deployment does, if there is none."""

    @model_validator(mode="after")
    def _pinned_as_it_is_offered(self) -> ChartRelease:
        wrong = "sha256" if self.is_oci else "digest"
        if getattr(self, wrong) is not None:
            right = "digest" if self.is_oci else "sha256"
            raise ValueError(f"the chart {self.name} of {self.repository} is pinned by {right}, not by {wrong}")
        return self

    @property
    def is_oci(self) -> bool:
        """Whether it is an artifact in a registry."""
        return self.repository.startswith("oci://")

    @property
    def tag(self) -> str:
        """Its tag in a registry; Helm writes a build number behind an underscore, because a tag takes no plus sign."""
        return self.version.replace("+", "_")

    @property
    def archive(self) -> str:
        """Its file, as ``helm pull`` names it."""
        return f"{self.name}-{self.version}.tgz"


class ImageRelease(_Release):
    """A container image as its publisher offers it; every one is published for arm64."""

    upstream: str
    tag: str
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    kubernetes: str | None = None
    """The only Kubernetes minor version that it is for, if it is not for all."""
    where: str | None = None
    """The switch among the settings without which nothing runs it; every deployment does, if there is none."""


class BuildRelease(_Release):
    """Images that can be built here (docker/<name>) instead of being pulled."""

    images: tuple[str, ...]
    """Keys of the images that come of it."""
    bases: tuple[str, ...]
    """Keys of what it starts from: of ``bases``, or of ``images``."""
    version: str | None = None
    """What is built, where it is another version than the published image has."""
    source: str | None = None
    """URL of an archive, or path of a Go module."""
    checksum: str | None = Field(default=None, pattern=r"^([0-9a-f]{64}|h1:[A-Za-z0-9+/]{43}=)$")
    """Of the source: SHA-256 of an archive, or what Go's checksum database has for a module."""
    proxy: str | None = None
    """Go's module proxy, where the source is a module."""
    files: tuple[str, ...] = ()
    """Files of the project that go into it, beside its own folder."""


class Releases(_Release):
    """Every version that the platform pins. Code names a release by its key here."""

    kubernetes: KubernetesReleases
    engines: EngineReleases
    eks_addons: dict[str, Literal["unpinned"] | dict[str, str]]
    charts: dict[str, ChartRelease]
    images: dict[str, ImageRelease]
    bases: dict[str, ImageRelease]
    builds: dict[str, BuildRelease]

    def eks_addon(self, name: str, kubernetes_version: str, partition: str) -> str | None:
        """The version of an add-on of EKS', or None where EKS says which. Raises KeyError where it is not named."""
        pinned = self.eks_addons[name]
        return None if isinstance(pinned, str) else pinned.get(place(kubernetes_version, partition))

    def published(self, key: str) -> ImageRelease:
        """An image that somebody publishes, to run or to build on. Raises KeyError where there is none."""
        return self.images[key] if key in self.images else self.bases[key]


@cache
def load_releases() -> Releases:
    """Read releases.yaml, once per process."""
    return Releases.model_validate(yaml.load(RELEASES_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
