"""What a region is part of: partition, domain of its endpoints, its zones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import botocore.session

from settings import PARTITIONS

ACCOUNT = "123456789012"
"""The one account of the sandbox; it is moto's default."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region, as CloudFormation's pseudo parameters describe it."""

    name: str
    partition: str
    dns_suffix: str

    def arn(self, service: str, resource: str) -> str:
        """ARN of a regional resource."""
        return f"arn:{self.partition}:{service}:{self.name}:{ACCOUNT}:{resource}"


@cache
def region_named(name: str) -> Region:
    """The region with this name."""
    partition = botocore.session.Session().get_partition_for_region(name)
    return Region(name=name, partition=partition, dns_suffix=PARTITIONS[partition].dns_suffix)
