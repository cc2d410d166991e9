"""Alarms of what holds data: Aurora and ElastiCache."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch

from airflow_eks.alarms.alarm_set import AlarmSet, Comparison, Missing, expression, metric

_MINUTE = 60
_BUSY_PERCENT = 90
_BUSY_MINUTES = 15
# GiB. Sorts and indexes that do not fit into memory go there; the smallest class has some 8.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.BestPractices.TroubleshootingOOM.html
_LEAST_LOCAL_STORAGE = 2
_GIB = 1024**3
# The engine copies what is written while it makes a snapshot or a replica, so the memory must not be full.
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html
_FULL_PERCENT = 80


def database_metric(cluster: str, name: str, *, statistic: str) -> cloudwatch.Metric:
    """A metric of whichever instance writes.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
    """
    dimensions = {"DBClusterIdentifier": cluster, "Role": "WRITER"}
    return metric("AWS/RDS", name, dimensions, statistic=statistic, seconds=_MINUTE)


def queue_metric(node: str, name: str, *, statistic: str) -> cloudwatch.Metric:
    """A metric of one node.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    """
    return metric("AWS/ElastiCache", name, {"CacheClusterId": node}, statistic=statistic, seconds=_MINUTE)


def queue_nodes(group: str, *, replicas: int) -> list[str]:
    """Names of the nodes, which ElastiCache makes of the group's: with cluster mode off they are numbered."""
    return [f"{group}-{number:03d}" for number in range(1, replicas + 2)]


def add_database_alarms(alarms: AlarmSet, *, cluster: str, usable_connections: int) -> None:
    """CPU, connections, storage, and whether anybody is connected at all."""
    alarms.add(
        "database-unreachable",
        what="For 5 minutes nobody has been connected to the database, where Airflow always is.",
        metric=database_metric(cluster, "DatabaseConnections", statistic="Maximum"),
        comparison=Comparison.LESS_THAN_THRESHOLD,
        threshold=1,
        periods=5,
        missing=Missing.BREACHING,
    )
    alarms.add(
        "database-cpu",
        what=f"The database has been busy to more than {_BUSY_PERCENT} percent for {_BUSY_MINUTES} minutes.",
        metric=database_metric(cluster, "CPUUtilization", statistic="Average"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=_BUSY_PERCENT,
        periods=_BUSY_MINUTES,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "database-connections",
        what=f"The database has had more than {usable_connections} connections, nine tenths of what it accepts, in 3 "
        "of 5 minutes.",
        metric=database_metric(cluster, "DatabaseConnections", statistic="Maximum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=usable_connections,
        periods=5,
        points=3,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "database-storage",
        what=f"The database's instance has had less than {_LEAST_LOCAL_STORAGE} GiB for temporary files for 5 minutes.",
        metric=database_metric(cluster, "FreeLocalStorage", statistic="Minimum"),
        comparison=Comparison.LESS_THAN_THRESHOLD,
        threshold=_LEAST_LOCAL_STORAGE * _GIB,
        periods=5,
        missing=Missing.NOT_BREACHING,
    )


def add_queue_alarms(alarms: AlarmSet, *, group: str, replicas: int) -> None:
    """Memory, evictions, and a failover where there is a replica to fail over to."""
    nodes = queue_nodes(group, replicas=replicas)
    of = {f"node{number}": node for number, node in enumerate(nodes, start=1)}

    def largest(name: str, statistic: str) -> cloudwatch.MathExpression:
        metrics = {id_: queue_metric(node, name, statistic=statistic) for id_, node in of.items()}
        return expression(f"MAX([{', '.join(of)}])", label=f"{name}, largest of all nodes", seconds=_MINUTE, **metrics)

    alarms.add(
        "queue-memory",
        what=f"A node of the queue has used more than {_FULL_PERCENT} percent of its memory for 5 minutes.",
        metric=largest("DatabaseMemoryUsagePercentage", "Maximum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=_FULL_PERCENT,
        periods=5,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "queue-evictions",
        what="The queue has thrown away messages for want of memory: tasks are lost.",
        metric=largest("Evictions", "Sum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=1,
        missing=Missing.NOT_BREACHING,
    )
    if replicas:
        alarms.add(
            "queue-failover",
            what="Another node of the queue has become the primary one.",
            # 1 where the first node is the primary one, 0 where it is not: a change is a failover.
            metric=expression(
                "ABS(DIFF(FILL(primary, REPEAT)))",
                label="first node has become primary, or is no longer",
                seconds=_MINUTE,
                primary=queue_metric(nodes[0], "IsMaster", statistic="Minimum"),
            ),
            comparison=Comparison.GREATER_THAN_THRESHOLD,
            threshold=0,
            periods=1,
            missing=Missing.NOT_BREACHING,
        )
