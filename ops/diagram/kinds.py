"""What the picture consists of, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.errors import OpsError

_SPARK = "spark-"


@dataclass(frozen=True, kw_only=True)
class Network:
    """The VPC."""

    existing: str
    """Its id, where it was there before."""
    zones: tuple[Mapping[str, str], ...]
    """Of each zone, address ranges by kind of subnet; empty ones where the subnets were there before."""
    nat_gateways: int
    interface_endpoints: int
    gateway_endpoints: int


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Where DAGs come from."""

    name: str
    """Of a repository in AWS CodeCommit its name, else the host."""
    codecommit: bool
    made: bool
    """Whether a stack makes it."""
    delivery: str
    """``efs``, ``sidecar`` or ``bundle``, as in the settings."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The load balancer."""

    scheme: str
    listens: str
    """The first of ``HTTPS`` and ``HTTP`` that it speaks."""
    host: str
    firewall: bool


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Celery's workers of one queue."""

    queue: str
    size: str
    """What each asks for."""
    least: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A Karpenter node pool."""

    name: str
    capacity: tuple[str, ...]
    """``spot`` and ``on-demand``, what it may use."""
    cpu: str
    """Most vCPU that it may start; empty where nothing limits it."""


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team with Spark jobs, or all who start task pods."""

    name: str
    quota: str


@dataclass(frozen=True, kw_only=True)
class Database:
    """The Aurora cluster."""

    version: str
    instance_class: str
    instances: int


@dataclass(frozen=True, kw_only=True)
class Broker:
    """The replication group of Celery's queue."""

    engine: str
    version: str
    node_type: str
    nodes: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that is drawn."""

    name: str
    region: str
    stacks: tuple[str, ...]
    airflow: str
    kubernetes: str
    private_images: bool
    """Whether images come from the account's own registry."""
    network: Network
    repository: Repository
    entry: Entry
    replicas: Mapping[str, int]
    """Of each of Airflow's servers, by the key in its chart's values."""
    workers: tuple[Workers, ...]
    pools: tuple[Pool, ...]
    system_nodes: int
    system_type: str
    database: Database
    broker: Broker
    task_logs: bool
    """Whether task logs go to a bucket."""
    spark_bucket: bool
    made_by: Mapping[str, str]
    """Names of the stacks by the CloudFormation types that they make; the first where several do."""
    releases: Mapping[str, str]
    """Stacks of the Helm releases, by the releases' names."""
    teams: tuple[Team, ...]
    task_pods: Team | None
    """What their quota is; None where they are switched off."""

    def pool(self, name: str) -> Pool:
        """A node pool by name. Raises OpsError where there is none."""
        for pool in self.pools:
            if pool.name == name:
                return pool
        raise OpsError(f"the synthesized application has no node pool {name}")

    @property
    def spark_pools(self) -> tuple[Pool, ...]:
        """The node pools of Spark."""
        return tuple(pool for pool in self.pools if pool.name.startswith(_SPARK))
