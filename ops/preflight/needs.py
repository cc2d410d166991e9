"""What a deployment takes of what an account has a limit of, calculated from the settings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settings import Settings, capacity
from settings.quantities import cores
from settings.task_pods import TaskPodSettings
from settings.workers import WorkerSet

# A node carries more than the pods that it was started for: the kubelet's share and the DaemonSets.
_HEADROOM = 1.5
# What pods on Airflow's own nodes ask for; a test compares each with what is deployed.
PGBOUNCER_CPU = 0.11  # with its exporter
STATSD_CPU = 0.05
GRAFANA_CPU = 0.1
HISTORY_SERVER_CPU = 0.3  # with the one that fetches event logs
# A release or an object of the cluster is put there by two functions, of which one waits for the other. CloudFormation
# makes as many at once as wait for nothing; a test counts them.
INSTALLED_AT_ONCE = 40


@dataclass(frozen=True)
class Need:
    """An amount: what must be free for the deployment to succeed, and what it may grow to."""

    now: int
    later: int

    def __add__(self, other: Need) -> Need:
        """Both together."""
        return Need(self.now + other.now, self.later + other.later)


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
    lambda_executions: int
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
    on_demand = _workers([each for each in sets if not each.spot]) + _task_pods(settings.airflow.task_pods, spot=False)
    spot = _workers([each for each in sets if each.spot]) + _task_pods(settings.airflow.task_pods, spot=True)
    return Needs(
        vpcs=own_vpc,
        elastic_ips=own_vpc * (1 if network.nat_gateways == "single" else network.zones),
        nat_gateways_per_zone=own_vpc,
        clusters=1,
        database_clusters=1,
        database_instances=1 + settings.database.readers,
        cache_nodes=1 + settings.broker.replicas,
        load_balancers=1,
        lambda_executions=2 * INSTALLED_AT_ONCE,
        on_demand_vcpus=Need(
            nodes.min * per_node + services + on_demand.now, nodes.max * per_node + services + on_demand.later
        ),
        spot_vcpus=spot + _spark(settings),
    )


def _workers(sets: Sequence[WorkerSet]) -> Need:
    """One worker of each queue now; later, what Karpenter may start for them."""
    one_each = sum(cores(each.cpu) for each in sets)
    return Need(math.ceil(one_each * _HEADROOM), sum(capacity.node_room(each).vcpus for each in sets))


def _spark(settings: Settings) -> Need:
    """None now; later, what the teams' quotas allow, as far as Karpenter may start nodes for it."""
    if not settings.addons.spark_operator:
        return Need(0, 0)
    asked = sum(cores(team.cpu) for team in settings.spark.teams.values())
    return Need(0, min(math.ceil(asked * _HEADROOM), capacity.spark_room(settings.spark.max_vcpus).vcpus))


def _task_pods(task_pods: TaskPodSettings, *, spot: bool) -> Need:
    """A pod of the default size now; later, what Karpenter may start for all that their quota allows."""
    if not task_pods.enabled or task_pods.spot is not spot:
        return Need(0, 0)
    one = math.ceil(cores(task_pods.container_cpu) * _HEADROOM)
    return Need(one, capacity.task_pod_room(task_pods).vcpus)


def _service_cores(settings: Settings) -> float:
    """CPUs of Airflow's servers and of what is on their nodes beside them, as pods ask for them."""
    airflow, addons = settings.airflow, settings.addons
    replicated = sum(
        cores(each.cpu) * each.replicas for each in (airflow.api_server, airflow.scheduler, airflow.triggerer)
    )
    prometheus = cores(settings.metrics.cpu) * settings.metrics.replicas if addons.prometheus else 0
    grafana = GRAFANA_CPU if addons.grafana else 0
    history = HISTORY_SERVER_CPU if settings.spark.history_server else 0
    pooler = airflow.pgbouncer.replicas * PGBOUNCER_CPU
    return replicated + cores(airflow.dag_processor.cpu) + pooler + STATSD_CPU + prometheus + grafana + history
