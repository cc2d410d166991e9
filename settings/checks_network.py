"""Checks between settings of the network: zones, subnets, and blocks that AWS takes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.model import Settings
    from settings.network import ExistingVpc

# Amazon VPC: a VPC is a /16 at the largest. The smallest that leaves room for subnets of /27, which is what an
# Application Load Balancer needs, is a /22 (settings of the Network construct: a public subnet is 1/32 of the VPC).
LARGEST_VPC_PREFIX = 16
SMALLEST_VPC_PREFIX = 22
# Amazon EKS gives Services addresses of the one that is not in the VPC.
# https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
_OF_SERVICES = ("10.100.0.0/16", "172.20.0.0/16")
# What nobody on the internet has for an address; EKS refuses it. https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
_NOT_PUBLIC = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
_MOST_PUBLIC_CIDRS = 40
_OF_A_NEW_VPC = ("cidr", "nat_gateways", "interface_endpoints", "flow_logs")


def check_network(settings: Settings) -> Iterator[Contradiction]:
    """Where zones, subnets and blocks contradict each other, or the region."""
    yield from _zones(settings)
    yield from _public_access(settings)
    network = settings.network
    if network.existing_vpc is not None:
        yield from _existing_vpc(settings, network.existing_vpc)
        return
    prefix = ipaddress.IPv4Network(network.cidr).prefixlen
    if not LARGEST_VPC_PREFIX <= prefix <= SMALLEST_VPC_PREFIX:
        fault = "too large for Amazon VPC" if prefix < LARGEST_VPC_PREFIX else "too small for the subnets of every zone"
        allowed = f"{fault}, must be from /{LARGEST_VPC_PREFIX} to /{SMALLEST_VPC_PREFIX}"
        yield Contradiction("network.cidr", network.cidr, allowed)


def check_unused(settings: Settings, chosen: Container[str]) -> Iterator[Contradiction]:
    """What was chosen for a new VPC, where there is none to be made. ``chosen`` has the keys that somebody set."""
    if settings.network.existing_vpc is None:
        return
    for name in _OF_A_NEW_VPC:
        key, value = f"network.{name}", getattr(settings.network, name)
        # Who says that there are to be no flow logs gets what is asked for.
        if key in chosen and value:
            yield Contradiction(key, value, "must be left out: it is of a new VPC, and network.existing_vpc is set")


def _zones(settings: Settings) -> Iterator[Contradiction]:
    network = settings.network
    names = network.availability_zones
    if names and len(names) != network.zones:
        yield Contradiction(
            "network.availability_zones",
            ",".join(names),
            f"name {network.zones} different zones, as network.zones says",
        )
    for name in names:
        if not name.startswith(settings.region):
            yield Contradiction("network.availability_zones", name, f"must be a zone of {settings.region}")
        elif not re.fullmatch(r"[a-z]", name.removeprefix(settings.region)):
            allowed = f"must be an availability zone, like {settings.region}a: local and Wavelength zones lack services"
            yield Contradiction("network.availability_zones", name, allowed)


def _public_access(settings: Settings) -> Iterator[Contradiction]:
    blocks = settings.cluster.public_access_cidrs
    if len(blocks) > _MOST_PUBLIC_CIDRS:
        allowed = f"at most {_MOST_PUBLIC_CIDRS} blocks: Amazon EKS takes no more"
        yield Contradiction("cluster.public_access_cidrs", f"{len(blocks)} blocks", allowed)
    for block in blocks:
        if any(ipaddress.IPv4Network(block).subnet_of(ipaddress.IPv4Network(each)) for each in _NOT_PUBLIC):
            allowed = "these are private addresses, which come from within a network: name those that the internet sees"
            yield Contradiction("cluster.public_access_cidrs", block, allowed)


def _existing_vpc(settings: Settings, vpc: ExistingVpc) -> Iterator[Contradiction]:
    network = settings.network
    if not network.availability_zones:
        allowed = f"name the {network.zones} zones of the subnets, because network.existing_vpc is set"
        yield Contradiction("network.availability_zones", None, allowed)
    for kind in ("public", "private", "isolated"):
        subnets: tuple[str, ...] = getattr(vpc, f"{kind}_subnet_ids")
        optional = kind == "public" and settings.airflow.ingress.effective_scheme == "internal"
        if len(subnets) != network.zones and not (optional and not subnets):
            yield Contradiction(
                f"network.existing_vpc.{kind}_subnet_ids",
                ",".join(subnets),
                f"give {network.zones} subnets, one per zone of network.availability_zones",
            )
    yield from _kinds_of_subnets(vpc)
    yield from _blocks(vpc)


def _kinds_of_subnets(vpc: ExistingVpc) -> Iterator[Contradiction]:
    for subnet in vpc.public_subnet_ids:
        if subnet in vpc.private_subnet_ids:
            allowed = "named as private too: nodes have no public address, and so no way out of a public subnet"
            yield Contradiction("network.existing_vpc.public_subnet_ids", subnet, allowed)


def _blocks(vpc: ExistingVpc) -> Iterator[Contradiction]:
    key = "network.existing_vpc.secondary_cidrs"
    blocks = [ipaddress.IPv4Network(each) for each in (vpc.cidr, *vpc.secondary_cidrs)]
    for one, other in combinations(blocks, 2):
        if one.overlaps(other):
            yield Contradiction(key, str(other), f"must not overlap with {one}, as blocks of one VPC do not")
    if all(any(ipaddress.IPv4Network(each).overlaps(block) for block in blocks) for each in _OF_SERVICES):
        allowed = f"Amazon EKS gives Services addresses of {' or '.join(_OF_SERVICES)}, and both are in the VPC"
        yield Contradiction(
            key if vpc.secondary_cidrs else "network.existing_vpc.cidr", ",".join(map(str, blocks)), allowed
        )
