"""Checks of the Kubernetes version: whether it is there, and whether what has to know it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.version import Version

from settings.errors import Contradiction
from settings.releases import load_releases
from settings.types import either

if TYPE_CHECKING:
    from settings.model import Settings

_KEY = "cluster.kubernetes_version"


def check_kubernetes(settings: Settings) -> Iterator[Contradiction]:
    """Refuse a version that is not there, or that a pinned controller does not know yet."""
    releases, version = load_releases(), settings.cluster.kubernetes_version
    if version not in releases.kubernetes.versions:
        yield Contradiction(_KEY, version, f"must be {either(list(releases.kubernetes.versions))}")
        return
    pinned, needed = releases.charts["karpenter"].version, releases.kubernetes.versions[version].karpenter
    if needed and Version(pinned) < Version(needed):
        yield Contradiction(
            _KEY,
            version,
            f"Karpenter {pinned} is pinned, and {needed} is the first that knows it; deploy charts.karpenter, "
            f"charts.karpenter-crd and images.karpenter of settings/releases.yaml with {needed} before this version",
        )
    if settings.addons.cluster_autoscaler and version not in {each.kubernetes for each in releases.images.values()}:
        yield Contradiction(
            "addons.cluster_autoscaler",
            True,
            f"settings/releases.yaml has no Cluster Autoscaler for Kubernetes {version}; set it to false, or choose "
            f"another {_KEY}",
        )
