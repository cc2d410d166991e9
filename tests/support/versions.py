"""Versions of Kubernetes, by what goes with them."""

from __future__ import annotations

from settings import load_releases


def scaled_versions() -> list[str]:
    """Those that can be chosen as they are: there is a Cluster Autoscaler, which a deployment has by default."""
    releases = load_releases()
    scaled = {image.kubernetes for image in releases.images.values()}
    return [version for version in releases.kubernetes.versions if version in scaled]
