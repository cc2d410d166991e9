"""What a deployment pulls: of all releases, the charts and images that something in it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settings.model import Settings
from settings.releases import ChartRelease, ImageRelease, Releases, load_releases


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """Releases by their keys in settings/releases.yaml."""

    images: Mapping[str, ImageRelease]
    charts: Mapping[str, ChartRelease]


def pulled(settings: Settings, *, releases: Releases | None = None) -> Pulled:
    """What these settings make a deployment pull, wherever it pulls from.

    Airflow's published image is among it with ``airflow.requirements`` too: the image that is built starts from it.
    """
    releases = releases or load_releases()
    version = settings.cluster.kubernetes_version
    return Pulled(
        images={
            key: release
            for key, release in releases.images.items()
            if release.kubernetes in (None, version) and _is_on(release.where, settings)
        },
        charts={key: release for key, release in releases.charts.items() if _is_on(release.where, settings)},
    )


def everything(*, releases: Releases | None = None) -> Pulled:
    """All that any deployment may pull, of each Kubernetes version and each add-on."""
    releases = releases or load_releases()
    return Pulled(images=releases.images, charts=releases.charts)


def _is_on(switch: str | None, settings: Settings) -> bool:
    value: Any = settings
    for name in switch.split(".") if switch else ():
        value = getattr(value, name)
    return bool(value)
