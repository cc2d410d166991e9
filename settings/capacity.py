"""How numbers of processes, connections and nodes follow from the settings: the arithmetic of docs/sizing.md.

Every bound here is one that cannot be passed, not a guess at what is usual: a pool's size, not its average.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from settings.quantities import cores, gibibytes

if TYPE_CHECKING:
    from settings.airflow import AirflowSettings
    from settings.model import Settings
    from settings.task_pods import TaskPodSettings
    from settings.workers import WorkerSet

SQL_POOL_SIZE = 5
"""Connections that an engine of Airflow's keeps, and how many more it may open: Airflow's own defaults, written down
in airflow.cfg because the arithmetic stands on them."""
SQL_MAX_OVERFLOW = 10
API_SERVER_WORKERS = 1
"""Processes of one API server. Airflow advises more servers in place of more processes."""
SYNC_PARALLELISM = 1
"""Processes in which a scheduler hands tasks to Celery. Airflow takes one less than the CPUs that it sees, which are
the whole node's, because a pod has a CPU request and no limit."""

# An Airflow process has two engines, one for threads and one for coroutines (airflow/settings.py), each with its pool.
_PER_PROCESS = 2 * (SQL_POOL_SIZE + SQL_MAX_OVERFLOW)
# A scheduler reads Celery's results without a pool, on one connection. In a worker, the main process and each of the
# processes that run tasks have one of their own (celery/backends/database/session.py); tasks themselves have none,
# they speak to the API server.
_RESULTS_PER_SCHEDULER = 1
_RESULTS_PER_WORKER = 1
_JOBS = 1  # what migrates the database and makes the first user
ROLLOUT = 2
"""Times the pods: a rollout has those that end and those that begin side by side, as long as the old ones take."""

# KEDA's operator keeps two idle connections for each query (Go's database/sql), and a second operator takes over.
_KEDA_PER_QUEUE = 2 * 2
# PostgreSQL keeps 3 for superusers and RDS 2 for itself; AWS asks for 3 more for its automation:
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Managing.html
# And 5 are for people: psql, a dump, `ops verify`.
_RESERVED = 3 + 2 + 3 + 5
HEADROOM = 0.1
"""Part of the database's connections that nothing may be planned for."""

# max_connections of Aurora PostgreSQL, LEAST({DBInstanceClassMemory/9531392}, 5000), by the class's memory in GiB. The
# divided memory is what the host leaves, so this is the table that AWS publishes (see above), the lowest class of each.
_CONNECTIONS = {4: 405, 8: 844, 16: 1600, 32: 3300}
_MOST_CONNECTIONS = 5000
# Memory of a `large` in GiB: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.html
_GIB_OF_LARGE = {"t": 8, "r": 16, "x": 32}
_OF_LARGE = {"medium": 0.5, "large": 1.0, "xlarge": 2.0}

# A node carries more than the workers that it was started for: the kubelet's share and the DaemonSets. And a rollout
# waits until half of the new workers are there, while the old ones end their tasks.
_NODE_HEADROOM = 2

LEAST_MEMORY_PER_TASK = 0.25
"""GiB. A task of Airflow's that does nothing takes two processes (docs/sizing.md says what was measured)."""


@dataclass(frozen=True, kw_only=True)
class DatabaseConnections:
    """Connections to the writer, which has them all: a reader is for failover."""

    limit: int
    pooler: int
    reserved: int = _RESERVED

    @property
    def planned(self) -> int:
        """Those that may exist at the same time."""
        return self.pooler + self.reserved

    @property
    def usable(self) -> int:
        """The limit without the headroom."""
        return math.floor(self.limit * (1 - HEADROOM))


@dataclass(frozen=True, kw_only=True)
class ClientConnections:
    """Connections to the pooler: of Airflow, and of KEDA, which counts its tasks."""

    limit: int
    """What is accepted while one replica of the pooler is away."""
    servers: int
    workers: int
    jobs: int
    keda: int

    @property
    def planned(self) -> int:
        """Those that may exist at the same time."""
        return ROLLOUT * (self.servers + self.workers) + self.jobs + self.keda


@dataclass(frozen=True, kw_only=True)
class NodeRoom:
    """What all nodes of a pool may have together."""

    vcpus: int
    memory_gib: int


GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
"""Memory of the instance categories: https://aws.amazon.com/ec2/instance-types/."""
SPARK_CATEGORIES = ("c", "c", "r", "r")
"""Categories of Spark's NodePools: each with and without NVMe disks (charts/spark/pools.py)."""

LEAST_SPARK_TEAM = NodeRoom(vcpus=2, memory_gib=4)
"""Room for a driver and one executor with one CPU and Spark's 1 GiB of heap each, and what is around the heap."""
LEAST_SPARK_PODS = 2


def max_connections(instance_type: str) -> int | None:
    """Connections that a database instance of this class accepts; None where Aurora PostgreSQL has no such class."""
    family, _, size = instance_type.partition(".")
    times = re.fullmatch(r"(\d+)xlarge", size)
    of_large = _OF_LARGE.get(size) if times is None else 2.0 * int(times[1])
    if size == "medium" and family[0] != "t":
        return None
    if of_large is None or (family[0] == "t" and of_large > 1):
        return None
    return _CONNECTIONS.get(int(_GIB_OF_LARGE[family[0]] * of_large), _MOST_CONNECTIONS)


def database_connections(settings: Settings) -> DatabaseConnections:
    """Who connects to the database, at the most. Zero connections where there is no such instance class."""
    pooler = settings.airflow.pgbouncer
    return DatabaseConnections(
        limit=max_connections(settings.database.instance_type) or 0,
        pooler=ROLLOUT * pooler.replicas * (pooler.metadata_pool_size + pooler.result_backend_pool_size),
    )


def client_connections(airflow: AirflowSettings) -> ClientConnections:
    """Who connects to the pooler, at the most."""
    schedulers = airflow.scheduler.replicas
    processes = airflow.api_server.replicas * API_SERVER_WORKERS + schedulers + airflow.triggerer.replicas + 1
    return ClientConnections(
        limit=airflow.pgbouncer.max_client_connections * max(1, airflow.pgbouncer.replicas - 1),
        servers=processes * _PER_PROCESS + schedulers * _RESULTS_PER_SCHEDULER,
        workers=sum(each.max * (each.concurrency + _RESULTS_PER_WORKER) for each in airflow.worker_sets),
        jobs=_JOBS * _PER_PROCESS,
        keda=_KEDA_PER_QUEUE * len(airflow.worker_sets),
    )


def tasks(airflow: AirflowSettings) -> int:
    """Tasks that all workers together run at a time."""
    return sum(each.tasks for each in airflow.worker_sets)


def parallelism(airflow: AirflowSettings) -> int:
    """Tasks that one scheduler may have queued or running; Airflow counts for each scheduler by itself.

    A share of what the workers can run, rounded up, so that all schedulers together do not queue much more.
    """
    return math.ceil(tasks(airflow) / airflow.scheduler.replicas)


def node_room(workers: WorkerSet) -> NodeRoom:
    """Room for as many workers as may run, so that a mistake in a query does not become a bill."""
    return NodeRoom(
        vcpus=math.ceil(workers.max * cores(workers.cpu) * _NODE_HEADROOM),
        memory_gib=math.ceil(workers.max * gibibytes(workers.memory) * _NODE_HEADROOM),
    )


def task_pod_room(task_pods: TaskPodSettings) -> NodeRoom:
    """Room for as many task pods as their quota allows."""
    return NodeRoom(
        vcpus=math.ceil(cores(task_pods.cpu) * _NODE_HEADROOM),
        memory_gib=math.ceil(gibibytes(task_pods.memory) * _NODE_HEADROOM),
    )


def spark_room(max_vcpus: int) -> NodeRoom:
    """Room of all NodePools for Spark, of which each may have so many vCPUs."""
    return NodeRoom(
        vcpus=max_vcpus * len(SPARK_CATEGORIES),
        memory_gib=sum(max_vcpus * GIB_PER_VCPU[category] for category in SPARK_CATEGORIES),
    )


def memory_per_task(workers: WorkerSet) -> float:
    """GiB of a worker's memory for each task that it runs at a time."""
    return gibibytes(workers.memory) / workers.concurrency
