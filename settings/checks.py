"""Checks between settings: two values, each right by itself, that contradict each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.checks_addons import check_addons
from settings.checks_alarms import check_alarms
from settings.checks_dags import check_dags
from settings.checks_ingress import check_ingress
from settings.checks_metrics import check_metrics
from settings.checks_spark import check_spark
from settings.checks_workers import check_workers
from settings.errors import Contradiction, ContradictionError, nearest
from settings.packages import check_packages
from settings.partition import PARTITIONS
from settings.releases import load_releases
from settings.tags import check_tags
from settings.types import either

if TYPE_CHECKING:
    from settings.model import Settings
    from settings.network import ExistingVpc

# Amazon VPC: a VPC is a /16 at the largest. The smallest that leaves room for subnets of /27, which is what an
# Application Load Balancer needs, is a /22 (settings of the Network construct: a public subnet is 1/32 of the VPC).
LARGEST_VPC_PREFIX = 16
SMALLEST_VPC_PREFIX = 22


def check(settings: Settings) -> None:
    """Raise ContradictionError where settings contradict each other."""
    # A wrong region would make its zones and certificates look wrong as well.
    found = list(_region(settings)) or [
        *_network(settings),
        *_cluster(settings),
        *check_tags(settings),
        *check_workers(settings),
        *check_addons(settings),
        *check_dags(settings),
        *check_spark(settings),
        *check_ingress(settings),
        *check_packages(settings),
        *check_metrics(settings),
        *check_alarms(settings),
    ]
    if found:
        raise ContradictionError(found)


def _region(settings: Settings) -> Iterator[Contradiction]:
    region, partition = settings.region, PARTITIONS[settings.partition]
    if region in partition.regions:
        return
    other = next((each.name for each in PARTITIONS.values() if region in each.regions), None)
    choices = either(partition.regions)
    if other:
        allowed = f"it is in {other}, but partition is {partition.name}; set partition={other}, or choose {choices}"
    else:
        allowed = f"must be {choices}{nearest(region, partition.regions)}"
    yield Contradiction("region", region, allowed)


def _network(settings: Settings) -> Iterator[Contradiction]:
    network = settings.network
    names = network.availability_zones
    if names and (len(names) != network.zones or len(set(names)) != len(names)):
        yield Contradiction(
            "network.availability_zones",
            ",".join(names),
            f"name {network.zones} different zones, as network.zones says",
        )
    for name in names:
        if not name.startswith(settings.region):
            yield Contradiction("network.availability_zones", name, f"must be a zone of {settings.region}")
    if network.existing_vpc is not None:
        yield from _existing_vpc(settings, network.existing_vpc)
        return
    prefix = ipaddress.IPv4Network(network.cidr).prefixlen
    if not LARGEST_VPC_PREFIX <= prefix <= SMALLEST_VPC_PREFIX:
        fault = "too large for Amazon VPC" if prefix < LARGEST_VPC_PREFIX else "too small for the subnets of every zone"
        allowed = f"{fault}, must be from /{LARGEST_VPC_PREFIX} to /{SMALLEST_VPC_PREFIX}"
        yield Contradiction("network.cidr", network.cidr, allowed)


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


def _cluster(settings: Settings) -> Iterator[Contradiction]:
    cluster, nodes = settings.cluster, settings.cluster.nodes
    versions = list(load_releases().kubernetes.versions)
    if cluster.kubernetes_version not in versions:
        yield Contradiction("cluster.kubernetes_version", cluster.kubernetes_version, f"must be {either(versions)}")
    if cluster.public_access is False and cluster.public_access_cidrs:
        yield Contradiction(
            "cluster.public_access",
            False,
            "cluster.public_access_cidrs opens the public endpoint; take the CIDRs out, or leave cluster.public_access "
            "out",
        )
    if nodes.min > nodes.max:
        yield Contradiction("cluster.nodes.min", nodes.min, f"must be at most cluster.nodes.max, which is {nodes.max}")
    if nodes.min < settings.network.zones:
        allowed = f"must be at least one node per zone, network.zones is {settings.network.zones}"
        yield Contradiction("cluster.nodes.min", nodes.min, allowed)
    for arn in cluster.administrators:
        if arn.split(":")[1] != settings.partition:
            allowed = f"must be an ARN of the partition {settings.partition}"
            yield Contradiction("cluster.administrators", arn, allowed)
