"""Alarms of what Airflow runs on: nodes, pods, Karpenter, spot capacity, External Secrets."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch

from airflow_eks.alarms.airflow import of_deployment
from airflow_eks.alarms.alarm_set import AlarmSet, Comparison, Missing, expression, metric
from settings import published_metrics as published

_MINUTE = 60
_PRESSURE = ("memory", "disk", "pid")
_SPOT_SECONDS = 900
# Some are in the course of things. The rule sees all of the account's in the region, not those of one cluster alone.
_SPOT_WARNINGS = 10


def insights_metric(cluster: str, name: str, *, statistic: str) -> cloudwatch.Metric:
    """A metric of Container Insights, over the whole cluster.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-enhanced-EKS.html
    """
    return metric("ContainerInsights", name, {"ClusterName": cluster}, statistic=statistic, seconds=_MINUTE)


def spot_metric(rule: str) -> cloudwatch.Metric:
    """Warnings that EventBridge has seen of spot capacity that is taken back.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    return metric("AWS/Events", "MatchedEvents", {"RuleName": rule}, statistic="Sum", seconds=_SPOT_SECONDS)


def add_node_alarms(alarms: AlarmSet, *, cluster: str) -> None:
    """Nodes under pressure or not ready, pods that crash. Only where Container Insights publishes."""
    conditions = {
        each: insights_metric(cluster, f"node_status_condition_{each}_pressure", statistic="Maximum")
        for each in _PRESSURE
    }
    alarms.add(
        "node-pressure",
        what="For 10 minutes a node has lacked memory, disk or process ids.",
        metric=expression(
            f"MAX([{', '.join(conditions)}])", label="nodes under pressure", seconds=_MINUTE, **conditions
        ),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=10,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "nodes-failed",
        what="For 15 minutes a node has not been ready.",
        metric=insights_metric(cluster, "cluster_failed_node_count", statistic="Maximum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=15,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "pods-crashing",
        what="In 10 of 15 minutes a pod has crashed again and again.",
        metric=insights_metric(cluster, "pod_container_status_waiting_reason_crash_loop_back_off", statistic="Maximum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=15,
        points=10,
        missing=Missing.NOT_BREACHING,
    )


def add_controller_alarms(alarms: AlarmSet, *, deployment: str) -> None:
    """Karpenter that starts no nodes, secrets that are not copied. Only where their metrics are published."""
    alarms.add(
        "node-launches-failing",
        what="In 3 of 4 times five minutes Karpenter could not start a node that is needed.",
        metric=of_deployment(deployment, published.LAUNCH_ERRORS, statistic="Sum", seconds=300),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=4,
        points=3,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "secrets-not-ready",
        what="For 15 minutes a secret of Secrets Manager could not be copied into the cluster.",
        metric=of_deployment(deployment, published.SECRETS_NOT_READY, statistic="Sum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=15,
        missing=Missing.NOT_BREACHING,
    )


def add_spot_alarm(alarms: AlarmSet, *, rule: str) -> None:
    """Spot capacity that goes away in numbers: one instance is nothing, as its tasks are started again elsewhere."""
    alarms.add(
        "spot-interruptions",
        what=f"AWS has taken back {_SPOT_WARNINGS} spot instances or more within a quarter of an hour.",
        metric=spot_metric(rule),
        comparison=Comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold=_SPOT_WARNINGS,
        periods=1,
        missing=Missing.NOT_BREACHING,
    )
