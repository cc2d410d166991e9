"""Settings of the images: where they and the charts come from, and which are built here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.partition import ImageSource
from settings.section import Section
from settings.types import Items, RepositoryPrefix

BuildName = Literal["pgbouncer", "git-sync", "keda"]
"""The builds of settings/releases.yaml."""


PublicRegistry = Literal["docker.io", "ghcr.io", "public.ecr.aws", "quay.io", "registry.k8s.io"]
"""Registries that the images of settings/releases.yaml are published in."""


class ImageSettings(Section):
    """Where container images and Helm charts come from."""

    source: ImageSource = Field(
        description="`upstream`: the publishers' registries; `private`: the account's own Amazon ECR."
    )
    copied: Items[PublicRegistry] = Field(
        default=(),
        description="Of these registries, images come from the account's own Amazon ECR although `source` is "
        "`upstream`; `python -m ops mirror` copies them (docs/mirror.md). `docker.io` is the one that counts pulls.",
    )
    prefix: RepositoryPrefix = Field(
        default="airflow-eks",
        description="First part of the names of the private repositories.",
    )
    built: Items[BuildName] = Field(
        default=(),
        description="Components whose images are built here from their released source, instead of the published ones: "
        "`python -m ops image` builds them (docs/build-images.md).",
    )

    @property
    def charts_are_copied(self) -> bool:
        """Whether Helm charts come from the account's own registry."""
        return self.source == "private"

    @property
    def any_is_copied(self) -> bool:
        """Whether anything comes from the account's own registry that somebody has to copy there."""
        return self.source == "private" or bool(self.copied)

    def is_copied(self, upstream: str) -> bool:
        """Whether an image comes from the account's own registry, by the name that its publisher gives it."""
        return self.source == "private" or upstream.partition("/")[0] in self.copied
