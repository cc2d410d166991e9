"""Every version that settings/releases.yaml pins, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from settings import ChartRelease, ImageRelease, Releases
from settings.releases import UNPINNED


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One version, by the section and the key that it stands under."""

    name: str
    version: str
    release: ImageRelease | ChartRelease | None = None
    """Where its publisher can be asked; None where only AWS, or nobody, could be."""


def pinned(releases: Releases) -> Iterator[Pin]:
    """All of them, in the order of the file."""
    for minor, kubernetes in releases.kubernetes.versions.items():
        yield Pin(name=f"kubernetes.{minor}", version=minor)
        if kubernetes.ami != UNPINNED:
            yield Pin(name=f"nodes.{minor}", version=kubernetes.ami)
    for key, version in releases.engines.model_dump().items():
        yield Pin(name=f"engines.{key}", version=str(version))
    for key, addon in releases.eks_addons.items():
        for where, version in addon.items() if isinstance(addon, dict) else ():
            yield Pin(name=f"eks_addons.{key}.{where}", version=version)
    for key, chart in releases.charts.items():
        yield Pin(name=f"charts.{key}", version=chart.version, release=chart)
    for section, images in (("images", releases.images), ("bases", releases.bases)):
        for key, each in images.items():
            yield Pin(name=f"{section}.{key}", version=each.tag, release=each)
    for key, build in releases.builds.items():
        yield Pin(name=f"builds.{key}", version=build.version or releases.images[build.images[0]].tag)
