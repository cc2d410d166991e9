"""Types of instances: which of them a region offers, and what spot capacity costs."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.spot_instances import SpotInstances

from ops.sandbox import instance_prices
from settings import PARTITIONS

# Graviton 2's, which every region has. What the regions of China have beside them is not known here.
_EVERYWHERE = ("c6g", "c6gd", "m6g", "m6gd", "r6g", "r6gd", "t4g")


def apply() -> None:
    """Mend moto's types of instances."""
    _offer_types_in_china()
    _answer_a_dry_run()
    _let_prices_differ()


def _offer_types_in_china() -> None:
    """Moto knows of no type that a region of China offers. Its zones are mended by then (ec2.py)."""
    names = [name for name in INSTANCE_TYPES if name.partition(".")[0] in _EVERYWHERE]
    for partition in PARTITIONS.values():
        for region in partition.regions:
            for kind, locations in _locations(region).items():
                if not INSTANCE_TYPE_OFFERINGS[kind].get(region):
                    INSTANCE_TYPE_OFFERINGS[kind][region] = [
                        {"InstanceType": name, "LocationType": kind, "Location": location}
                        for location in locations
                        for name in names
                    ]


def _locations(region: str) -> dict[str, list[str]]:
    zones = RegionsAndZonesBackend.zones[region]
    return {
        "region": [region],
        "availability-zone": [zone.name for zone in zones],
        "availability-zone-id": [zone.zone_id for zone in zones],
    }


def _answer_a_dry_run() -> None:
    """Moto describes all types, which takes seconds, where Karpenter only wants to know whether it might."""
    describe = InstanceResponse.describe_instance_types

    def describe_instance_types(self: InstanceResponse) -> ActionResult:
        self.error_on_dryrun()
        return describe(self)

    InstanceResponse.describe_instance_types = describe_instance_types  # type: ignore[method-assign]


def _let_prices_differ() -> None:
    """Moto has one price for all: the largest type would be as good as the smallest."""
    describe = SpotInstances.describe_spot_price_history

    def describe_spot_price_history(self: SpotInstances) -> ActionResult:
        answer = describe(self)
        history: list[dict[str, Any]] = answer.result["SpotPriceHistory"]  # type: ignore[index]
        for entry in history:
            price = instance_prices.spot(entry["InstanceType"])
            entry["SpotPrice"] = entry["SpotPrice"] if price is None else str(price)
        return answer

    SpotInstances.describe_spot_price_history = describe_spot_price_history  # type: ignore[method-assign]
