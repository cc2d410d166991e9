"""What a deployment pulls: of all releases, the charts and images that something in it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settings.builds import built_images
from settings.model import Settings
from settings.releases import ChartRelease, ImageRelease, Releases, load_releases


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """Releases by their keys in settings/releases.yaml."""

    images: Mapping[str, ImageRelease]
    charts: Mapping[str, ChartRelease]


def pulled(settings: Settings, *, releases: Releases | None = None) -> Pulled:
    """What these settings make a deployment pull, wherever it pulls from.

    What is built here is not among it, but what it is built on is: so Airflow's published image is, with
    ``airflow.requirements`` too.
    """
    releases = releases or load_releases()
    version = settings.cluster.kubernetes_version
    built = built_images(settings.images.built, releases)
    bases = {base: releases.published(base) for name in settings.images.built for base in releases.builds[name].bases}
    return Pulled(
        images={
            key: release
            for key, release in releases.images.items()
            if key not in built and release.kubernetes in (None, version) and _is_on(release.where, settings)
        }
        | bases,
        charts={key: release for key, release in releases.charts.items() if _is_on(release.where, settings)},
    )


def everything(*, releases: Releases | None = None) -> Pulled:
    """All that any deployment may pull, of each Kubernetes version and each add-on, and what is built on."""
    releases = releases or load_releases()
    return Pulled(images={**releases.images, **releases.bases}, charts=releases.charts)


def _is_on(switch: str | None, settings: Settings) -> bool:
    value: Any = settings
    for name in switch.split(".") if switch else ():
        value = getattr(value, name)
    return bool(value)
