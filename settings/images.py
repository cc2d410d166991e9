"""Settings of the images: where they and the charts come from, and which are built here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.partition import ImageSource
from settings.section import Section
from settings.types import Items, RepositoryPrefix

BuildName = Literal["pgbouncer", "git-sync", "keda"]
"""The builds of settings/releases.yaml."""


class ImageSettings(Section):
    """Where container images and Helm charts come from."""

    source: ImageSource = Field(
        description="`upstream`: the publishers' registries; `private`: the account's own Amazon ECR."
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
