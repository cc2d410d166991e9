"""Checks between settings: two values, each right by itself, that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.checks_addons import check_addons
from settings.checks_alarms import check_alarms
from settings.checks_dags import check_dags
from settings.checks_ingress import check_ingress
from settings.checks_kubernetes import check_kubernetes
from settings.checks_metrics import check_metrics
from settings.checks_network import check_network
from settings.checks_sizes import check_sizes
from settings.checks_spark import check_spark
from settings.checks_task_pods import check_task_pods
from settings.checks_workers import check_workers
from settings.errors import Contradiction, ContradictionError, nearest
from settings.packages import check_packages
from settings.partition import PARTITIONS
from settings.tags import check_tags
from settings.types import either

if TYPE_CHECKING:
    from settings.model import Settings


def check(settings: Settings) -> None:
    """Raise ContradictionError where settings contradict each other."""
    # A wrong region would make its zones and certificates look wrong as well.
    found = list(_region(settings)) or [
        *check_network(settings),
        *check_kubernetes(settings),
        *_cluster(settings),
        *check_tags(settings),
        *check_workers(settings),
        *check_sizes(settings),
        *check_addons(settings),
        *check_dags(settings),
        *check_spark(settings),
        *check_task_pods(settings),
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


def _cluster(settings: Settings) -> Iterator[Contradiction]:
    cluster, nodes = settings.cluster, settings.cluster.nodes
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
