"""The dashboard in CloudWatch, for those who have no Grafana: how Airflow does, and what it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from airflow_eks.alarms.airflow import of_deployment
from airflow_eks.alarms.cluster import insights_metric, spot_metric
from airflow_eks.alarms.data import database_metric, queue_metric, queue_nodes
from airflow_eks.alarms.front import load_balancer_metric
from constructs import Construct
from settings import published_metrics as published

_WIDE, _HALF, _THIRD = 24, 12, 8


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the dashboard is about, by the names that CloudWatch has for it. None: there is none, or it is silent."""

    deployment: str
    database: str
    queue: str
    queue_replicas: int
    file_system: str | None
    load_balancer: Mapping[str, str]
    target_group: Mapping[str, str]
    spot_rule: str
    airflow: bool
    """Whether the add-on ``alarm_metrics`` publishes."""
    insights: bool
    """Whether Container Insights publishes."""


class AlarmDashboard(Construct):
    """One page. What nobody publishes is left out, so that no graph is empty for ever."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        watched: Watched,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, id_)
        rows: list[list[cloudwatch.IWidget]] = [
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_WIDE, height=4)],
            *([*_airflow(watched.deployment)] if watched.airflow else []),
            _load_balancer(watched),
            _database(watched.database),
            _queue(queue_nodes(watched.queue, replicas=watched.queue_replicas)),
            *([_files(watched.file_system)] if watched.file_system else []),
            *([_nodes(watched.deployment)] if watched.insights else []),
            _capacity(watched),
        ]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=watched.deployment,
            default_interval=Duration.hours(12),
            period_override=cloudwatch.PeriodOverride.INHERIT,
            widgets=rows,
        )


def _graph(title: str, *metrics: cloudwatch.IMetric, width: int = _THIRD) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=6)


def _airflow(deployment: str) -> list[list[cloudwatch.IWidget]]:
    def of(metric: published.PublishedMetric, statistic: str) -> cloudwatch.IMetric:
        return of_deployment(deployment, metric, statistic=statistic)

    return [
        [
            _graph(
                "Heartbeats a minute",
                of(published.SCHEDULER_HEARTBEAT, "Sum"),
                of(published.DAG_PROCESSOR_HEARTBEAT, "Sum"),
                of(published.TRIGGERER_HEARTBEAT, "Sum"),
            ),
            _graph("Slots of pools", of(published.RUNNING_SLOTS, "Sum"), of(published.QUEUED_SLOTS, "Sum")),
            _graph("Tasks that ended", of(published.TASK_SUCCESSES, "Sum"), of(published.TASK_FAILURES, "Sum")),
        ],
        [
            _graph("DAG files that cannot be read", of(published.IMPORT_ERRORS, "Maximum")),
            _graph("Tasks without a free slot", of(published.STARVING_TASKS, "Maximum")),
            _graph("Clients that wait for the pooler", of(published.POOLER_WAITING, "Sum")),
        ],
    ]


def _load_balancer(watched: Watched) -> list[cloudwatch.IWidget]:
    def of(name: str, statistic: str) -> cloudwatch.IMetric:
        return load_balancer_metric(watched.load_balancer, name, statistic=statistic)

    return [
        _graph("Requests", of("RequestCount", "Sum"), of("HTTPCode_ELB_5XX_Count", "Sum")),
        _graph("Response time, seconds", of("TargetResponseTime", "p50"), of("TargetResponseTime", "p99")),
        _graph(
            "API servers",
            *(
                load_balancer_metric(watched.target_group, name, statistic="Maximum")
                for name in ("HealthyHostCount", "UnHealthyHostCount")
            ),
        ),
    ]


def _database(cluster: str) -> list[cloudwatch.IWidget]:
    def of(name: str) -> cloudwatch.IMetric:
        return database_metric(cluster, name, statistic="Average")

    return [
        _graph("Aurora: CPU, percent", of("CPUUtilization")),
        _graph("Aurora: connections", of("DatabaseConnections")),
        _graph("Aurora: free memory and local storage, bytes", of("FreeableMemory"), of("FreeLocalStorage")),
    ]


def _queue(nodes: Sequence[str]) -> list[cloudwatch.IWidget]:
    def of(name: str, statistic: str) -> list[cloudwatch.IMetric]:
        return [queue_metric(node, name, statistic=statistic) for node in nodes]

    return [
        _graph("Queue: memory, percent", *of("DatabaseMemoryUsagePercentage", "Maximum")),
        _graph("Queue: evictions", *of("Evictions", "Sum")),
        _graph("Queue: CPU of the engine, percent", *of("EngineCPUUtilization", "Average")),
    ]


def _files(file_system: str) -> list[cloudwatch.IWidget]:
    def of(name: str, statistic: str) -> cloudwatch.IMetric:
        # https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html
        return cloudwatch.Metric(
            namespace="AWS/EFS",
            metric_name=name,
            dimensions_map={"FileSystemId": file_system},
            statistic=statistic,
            period=Duration.minutes(1),
        )

    return [
        _graph("EFS: bytes", of("DataReadIOBytes", "Sum"), of("DataWriteIOBytes", "Sum"), width=_HALF),
        _graph("EFS: clients", of("ClientConnections", "Sum"), width=_HALF),
    ]


def _nodes(cluster: str) -> list[cloudwatch.IWidget]:
    def of(name: str, statistic: str) -> cloudwatch.IMetric:
        return insights_metric(cluster, name, statistic=statistic)

    return [
        _graph("Nodes", of("cluster_node_count", "Maximum"), of("cluster_failed_node_count", "Maximum")),
        _graph("Nodes: percent", of("node_cpu_utilization", "Average"), of("node_memory_utilization", "Average")),
        _graph("Pods", of("pod_status_pending", "Sum"), of("pod_status_failed", "Sum")),
    ]


def _capacity(watched: Watched) -> list[cloudwatch.IWidget]:
    own = []
    if watched.airflow:
        own = [
            of_deployment(watched.deployment, each, statistic="Sum")
            for each in (published.LAUNCH_ERRORS, published.SECRETS_NOT_READY)
        ]
    graphs = [_graph("Spot: instances that were taken back", spot_metric(watched.spot_rule), width=_HALF)]
    if own:
        graphs.append(_graph("Karpenter's failed launches, secrets that are not copied", *own, width=_HALF))
    return graphs
