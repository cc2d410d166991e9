"""Checks of the metrics: where they may be written to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.model import Settings


def check_metrics(settings: Settings) -> Iterator[Contradiction]:
    """Refuse Managed Prometheus where it is not offered, and where nothing would write to it."""
    if not settings.metrics.managed_prometheus:
        return
    key = "metrics.managed_prometheus"
    if not settings.facts.has_managed_prometheus(settings.region):
        allowed = f"{settings.region} has no Amazon Managed Prometheus; leave it unset, and metrics stay in the cluster"
        yield Contradiction(key, True, allowed)
    elif not settings.addons.prometheus:
        yield Contradiction(
            key, True, "addons.prometheus is off, which writes to it; switch that on, or leave it unset"
        )
