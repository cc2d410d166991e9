"""What the tests of costs share."""

from __future__ import annotations

from ops.contents import Contents
from ops.cost.quantities import Quantity, quantities
from tests.support.assembly import assembly_of
from tests.support.synthesis import AWS, synthesize

# A configuration of each size class, and of each partition.
SIZES = ("dev", "internet", AWS, "cn-own-vpc")


def counted(name: str) -> list[Quantity]:
    return quantities(Contents(assembly_of(synthesize(name))))
