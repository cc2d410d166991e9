"""Checks between settings of task pods: a quota that one fits into, and no way to Airflow's own data."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.errors import Contradiction
from settings.quantities import cores, gibibytes
from settings.task_pods import destination

if TYPE_CHECKING:
    from settings.model import Settings

_SECTION = "airflow.task_pods"
_STORES = {5432: "database", 6379: "queue", 2049: "file system"}


def check_task_pods(settings: Settings) -> Iterator[Contradiction]:
    """Where no pod would fit, or what they may reach or do cannot be."""
    task_pods = settings.airflow.task_pods
    if not task_pods.enabled:
        return
    fits = "one container that says nothing has {} = {}; raise this, or lower that"
    if cores(task_pods.container_cpu) > cores(task_pods.cpu):
        allowed = fits.format(f"{_SECTION}.container_cpu", task_pods.container_cpu)
        yield Contradiction(f"{_SECTION}.cpu", task_pods.cpu, allowed)
    if gibibytes(task_pods.container_memory) > gibibytes(task_pods.memory):
        allowed = fits.format(f"{_SECTION}.container_memory", task_pods.container_memory)
        yield Contradiction(f"{_SECTION}.memory", task_pods.memory, allowed)
    for arn in task_pods.policies:
        if arn.split(":")[1] != settings.partition:
            allowed = f"must be an ARN of the partition {settings.partition}"
            yield Contradiction(f"{_SECTION}.policies", arn, allowed)
    yield from _destinations(settings)


def _destinations(settings: Settings) -> Iterator[Contradiction]:
    """Database, queue and file system take connections from every pod of the cluster: policies keep them apart.

    Of a VPC that existed before, somebody else's database may be in it: there a block that is smaller will do.
    """
    network = settings.network
    blocks = [ipaddress.IPv4Network(cidr) for cidr in network.vpc_cidrs]
    for text in settings.airflow.task_pods.destinations:
        found = destination(text)
        store = _STORES.get(found.port)
        if store is None:
            continue
        if network.existing_vpc is None:
            meant = [block for block in blocks if found.block.overlaps(block)]
            way_out = "name addresses outside of it"
        else:
            meant = [block for block in blocks if block.subnet_of(found.block)]
            way_out = "name a smaller block that does not hold network.existing_vpc.isolated_subnet_ids"
        if meant:
            allowed = f"on port {found.port} the VPC, {meant[0]}, has Airflow's own {store}; {way_out}"
            yield Contradiction(f"{_SECTION}.destinations", text, allowed)
