"""PgBouncer and Aurora: from the pooler to the database, and the queue and the DAGs' file system beside them."""

from __future__ import annotations

from collections.abc import Mapping

from charts.dashboards.board import RATE, Board, Metric, Query, bad_from
from charts.data_stores import DataStores

NAME = "pgbouncer-and-aurora"

_MICROSECONDS = 1_000_000


def board(stores: DataStores) -> Board:
    """All that has data in it."""
    made = Board(
        name=NAME,
        title="PgBouncer and Aurora",
        description="Are the connections enough, and does the database keep up?",
    )
    _numbers(made, stores)
    _pooler(made)
    _database(made, stores)
    _queue(made, stores)
    if stores.file_system:
        _files(made, stores.file_system)
    return made


def _aurora(stores: DataStores, name: str, *, statistic: str = "Average", role: str = "WRITER", legend: str) -> Metric:
    dimensions = {"DBClusterIdentifier": stores.database_cluster, "Role": role}
    return _metric("AWS/RDS", name, dimensions, statistic=statistic, legend=legend)


def _node_metrics(stores: DataStores, name: str, *, statistic: str) -> list[Metric]:
    return [
        _metric("AWS/ElastiCache", name, {"CacheClusterId": node}, statistic=statistic, legend=f"node {number}")
        for number, node in enumerate(stores.queue_nodes, start=1)
    ]


def _metric(namespace: str, name: str, dimensions: Mapping[str, str], *, statistic: str, legend: str) -> Metric:
    return Metric(namespace=namespace, name=name, dimensions=dimensions, statistic=statistic, legend=legend)


def _numbers(made: Board, stores: DataStores) -> None:
    made.row("Do they keep up?")
    made.number(
        "Clients that wait",
        Query(expr="sum(pgbouncer_exporter_pools_waiting_clients)"),
        description="Of PgBouncer's, for a connection to the database. docs/runbooks/pooler-waiting.md",
        colours=bad_from(10, warn=1),
    )
    made.number(
        "Longest wait",
        Query(expr="max(pgbouncer_exporter_pools_max_wait)"),
        description="Of a client that waits now.",
        unit="s",
        colours=bad_from(5, warn=1),
    )
    made.number(
        "CPU of the writer",
        _aurora(stores, "CPUUtilization", legend="writer"),
        description="docs/runbooks/database-cpu.md",
        unit="percent",
        colours=bad_from(90, warn=75),
    )
    made.number(
        "Connections",
        _aurora(stores, "DatabaseConnections", statistic="Maximum", legend="writer"),
        description="To the writer, from PgBouncer, KEDA and people. docs/runbooks/database-connections.md",
    )
    made.number(
        "Free memory",
        _aurora(stores, "FreeableMemory", statistic="Minimum", legend="writer"),
        description="Of the writer.",
        unit="bytes",
    )
    made.number(
        "Memory of the queue",
        _node_metrics(stores, "DatabaseMemoryUsagePercentage", statistic="Maximum")[0],
        description="Of the queue's first node. docs/runbooks/queue-memory.md",
        unit="percent",
        colours=bad_from(80, warn=60),
    )


def _pooler(made: Board) -> None:
    made.row("PgBouncer")
    made.lines(
        "Clients",
        [
            Query(expr="sum by (database) (pgbouncer_exporter_pools_active_clients)", legend="active, {{database}}"),
            Query(expr="sum by (database) (pgbouncer_exporter_pools_waiting_clients)", legend="waiting, {{database}}"),
        ],
        description="Connections of Airflow's to the pooler.",
    )
    made.lines(
        "Connections to the database",
        [
            Query(expr="sum by (database) (pgbouncer_exporter_pools_active_server)", legend="active, {{database}}"),
            Query(expr="sum by (database) (pgbouncer_exporter_pools_idle_server)", legend="idle, {{database}}"),
            Query(expr="sum by (name) (pgbouncer_exporter_database_pool_size)", legend="at most, {{name}}"),
        ],
        description="All are in use and clients wait: a pool is too small, or transactions are too long.",
    )
    made.lines(
        "Transactions, a second",
        [
            Query(
                expr=f"sum by (database) (rate(pgbouncer_exporter_stats_total_xact_count[{RATE}]))",
                legend="{{database}}",
            )
        ],
        description="What goes through the pooler.",
    )
    made.lines(
        "Mean duration",
        [
            Query(
                expr=f"sum by (database) (rate(pgbouncer_exporter_stats_total_{what}_time[{RATE}]))"
                f" / sum by (database) (rate(pgbouncer_exporter_stats_total_{what}_count[{RATE}])) / {_MICROSECONDS}",
                legend=f"{legend}, {{{{database}}}}",
            )
            for what, legend in (("xact", "transaction"), ("query", "query"))
        ],
        description="Of transactions, which hold a connection, and of queries.",
        unit="s",
    )


def _database(made: Board, stores: DataStores) -> None:
    made.row("Aurora")
    made.lines(
        "CPU",
        [
            _aurora(stores, "CPUUtilization", legend="writer"),
            _aurora(stores, "CPUUtilization", role="READER", legend="readers"),
        ],
        description="The readers stand by: after a failover one of them is the writer.",
        unit="percent",
        limit=90,
    )
    made.lines(
        "Memory and local storage that are free",
        [
            _aurora(stores, "FreeableMemory", statistic="Minimum", legend="memory"),
            _aurora(stores, "FreeLocalStorage", statistic="Minimum", legend="local storage"),
        ],
        description="Sorts that do not fit into memory go to the local storage. docs/runbooks/database-storage.md",
        unit="bytes",
    )
    made.lines(
        "Commits",
        [_aurora(stores, "CommitLatency", legend="duration")],
        description="Of the writer, mean: what each change of a task's state waits for.",
        unit="ms",
    )
    made.lines(
        "Storage",
        [
            _aurora(stores, "ReadLatency", legend="a read"),
            _aurora(stores, "WriteLatency", legend="a write"),
        ],
        description="How long an operation takes, mean. Many reads: the memory is too small for what is asked.",
        unit="s",
    )
    made.lines(
        "Deadlocks, a second",
        [_aurora(stores, "Deadlocks", legend="writer")],
        description="Transactions that held up each other until the database ended one.",
    )
    made.lines(
        "Lag of the readers",
        [_aurora(stores, "AuroraReplicaLag", statistic="Maximum", role="READER", legend="readers")],
        description="How far they are behind the writer.",
        unit="ms",
    )


def _queue(made: Board, stores: DataStores) -> None:
    made.row("Queue (ElastiCache)")
    made.lines(
        "Memory",
        _node_metrics(stores, "DatabaseMemoryUsagePercentage", statistic="Maximum"),
        description="docs/runbooks/queue-memory.md",
        unit="percent",
        limit=80,
    )
    made.lines(
        "CPU of the engine",
        _node_metrics(stores, "EngineCPUUtilization", statistic="Average"),
        description="The engine works on one core: this is that core.",
        unit="percent",
        limit=90,
    )
    made.lines(
        "Evictions",
        _node_metrics(stores, "Evictions", statistic="Sum"),
        description="Messages that the queue threw away: tasks that nobody will run. docs/runbooks/queue-evictions.md",
    )
    made.lines(
        "Connections",
        _node_metrics(stores, "CurrConnections", statistic="Maximum"),
        description="Of workers and schedulers.",
    )


def _files(made: Board, file_system: str) -> None:
    def of(name: str, statistic: str, legend: str) -> Metric:
        return _metric("AWS/EFS", name, {"FileSystemId": file_system}, statistic=statistic, legend=legend)

    made.row("File system of the DAGs (EFS)")
    made.lines(
        "Clients",
        [of("ClientConnections", "Sum", "clients")],
        description="Mounts: pods that read DAGs, and the one that writes them.",
    )
    made.lines(
        "Bytes",
        [of("DataReadIOBytes", "Sum", "read"), of("DataWriteIOBytes", "Sum", "written")],
        description="In each period.",
        unit="bytes",
    )
