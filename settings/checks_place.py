"""A check that several blocks of settings share: what an ARN names must be where the deployment is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.model import Settings


def in_place(settings: Settings, key: str, arn: str, what: str) -> Iterator[Contradiction]:
    """Refuse an ARN of another partition or region. ``what`` says what it names, with its article."""
    _, partition, _, region, *_ = arn.split(":")
    if (partition, region) != (settings.partition, settings.region):
        allowed = f"must be {what} in {settings.region} of the partition {settings.partition}"
        yield Contradiction(key, arn, allowed)
