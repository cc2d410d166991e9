"""Alarms of what people come in by: the load balancer and its certificate."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch

from airflow_eks.alarms.alarm_set import AlarmSet, Comparison, Missing, metric

_MINUTE, _DAY = 60, 86400
# AWS renews its own certificates 60 days before they end, and warns of those that it could not at 45.
# https://docs.aws.amazon.com/acm/latest/userguide/check-certificate-renewal-status.html
_CERTIFICATE_DAYS = 30


def load_balancer_metric(dimensions: Mapping[str, str], name: str, *, statistic: str) -> cloudwatch.Metric:
    """A metric of the load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """
    return metric("AWS/ApplicationELB", name, dimensions, statistic=statistic, seconds=_MINUTE)


def add_load_balancer_alarm(alarms: AlarmSet, *, target_group: Mapping[str, str]) -> None:
    """No API server that the load balancer finds healthy."""
    alarms.add(
        "no-healthy-target",
        what="In 3 of 5 minutes the load balancer has found no healthy API server: nobody reaches Airflow.",
        metric=load_balancer_metric(target_group, "HealthyHostCount", statistic="Maximum"),
        comparison=Comparison.LESS_THAN_THRESHOLD,
        threshold=1,
        periods=5,
        points=3,
        # A group without targets reports nothing.
        missing=Missing.BREACHING,
    )


def add_certificate_alarm(alarms: AlarmSet, *, certificate_arn: str) -> None:
    """A certificate that nobody renews. AWS publishes its days twice a day."""
    alarms.add(
        "certificate-expiry",
        what=f"The load balancer's certificate ends in less than {_CERTIFICATE_DAYS} days.",
        metric=metric(
            "AWS/CertificateManager",
            "DaysToExpiry",
            {"CertificateArn": certificate_arn},
            statistic="Minimum",
            seconds=_DAY,
        ),
        comparison=Comparison.LESS_THAN_THRESHOLD,
        threshold=_CERTIFICATE_DAYS,
        periods=1,
        missing=Missing.NOT_BREACHING,
    )
