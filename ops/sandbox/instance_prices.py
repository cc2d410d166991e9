"""What an instance costs here: more where it has more. The figures are near those of Graviton in 2026, and not AWS'.

Who chooses by price, as Karpenter does, so chooses what is small enough.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

_VCPU, _GIB = 0.029, 0.0026  # dollars an hour
_SPOT = 0.4


def on_demand(name: str) -> float | None:
    """Dollars an hour; None for a type that is not known."""
    known: dict[str, Any] | None = INSTANCE_TYPES.get(name)
    if known is None:
        return None
    gib = known["MemoryInfo"]["SizeInMiB"] / 1024
    price: float = round(known["VCpuInfo"]["DefaultVCpus"] * _VCPU + gib * _GIB, 5)
    return price


def spot(name: str) -> float | None:
    """Dollars an hour of spot capacity, which is the same in each zone and at all times."""
    price = on_demand(name)
    return None if price is None else round(price * _SPOT, 5)
