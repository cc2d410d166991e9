"""What a deployment takes of what an account has a limit of, calculated from the settings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settings import Settings, capacity
from settings.quantities import cores
from settings.workers import WorkerSet

# A node carries more than the pods that it was started for: the kubelet's share and the DaemonSets.
_HEADROOM = 1.5
# PgBouncer with its exporter, and StatsD.
_PGBOUNCER_CPU = 0.11
_STATSD_CPU = 0.05


@dataclass(frozen=True)
class Need:
    """An amount: what must be free for the deployment to succeed, and what it may grow to."""

    now: int
    later: int


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Amounts by what they are amounts of."""

    vpcs: int
    elastic_ips: int
    nat_gateways_per_zone: int
    clusters: int
    database_clusters: int
    database_instances: int
    cache_nodes: int
    load_balancers: int
    on_demand_vcpus: Need
    spot_vcpus: Need


def is_standard(instance_type: str) -> bool:
    """Whether EC2 counts a type among the Standard instances (A, C, D, H, I, M, R, T, Z)."""
    family = re.match("[a-z]+", instance_type)
    return family is not None and family[0][0] in "acdhimrtz" and family[0] != "hpc"


def needs(settings: Settings, *, vcpus: Mapping[str, int]) -> Needs:
    """Calculate. ``vcpus`` has the vCPUs of the node group's instance type."""
    network, nodes = settings.network, settings.cluster.nodes
    own_vpc = int(network.existing_vpc is None)
    per_node = vcpus[nodes.instance_type] if is_standard(nodes.instance_type) else 0
    services = math.ceil(_service_cores(settings) * _HEADROOM)
    sets = settings.airflow.worker_sets
    on_demand = _workers([each for each in sets if not each.spot])
    return Needs(
        vpcs=own_vpc,
        elastic_ips=own_vpc * (1 if network.nat_gateways == "single" else network.zones),
        nat_gateways_per_zone=own_vpc,
        clusters=1,
        database_clusters=1,
        database_instances=1 + settings.database.readers,
        cache_nodes=1 + settings.broker.replicas,
        load_balancers=1,
        on_demand_vcpus=Need(
            nodes.min * per_node + services + on_demand.now, nodes.max * per_node + services + on_demand.later
        ),
        spot_vcpus=_workers([each for each in sets if each.spot]),
    )


def _workers(sets: Sequence[WorkerSet]) -> Need:
    """One worker of each queue now; later, what Karpenter may start for them."""
    one_each = sum(cores(each.cpu) for each in sets)
    return Need(math.ceil(one_each * _HEADROOM), sum(capacity.node_room(each).vcpus for each in sets))


def _service_cores(settings: Settings) -> float:
    """CPUs of Airflow's servers, as pods ask for them."""
    airflow = settings.airflow
    replicated = sum(
        cores(each.cpu) * each.replicas for each in (airflow.api_server, airflow.scheduler, airflow.triggerer)
    )
    return replicated + cores(airflow.dag_processor.cpu) + airflow.pgbouncer.replicas * _PGBOUNCER_CPU + _STATSD_CPU
