"""Spark: the operator, the teams that may use it, and the History Server."""

from charts.spark.chart import SparkChart
from charts.spark.names import (
    EVENT_LOG_PREFIX,
    HISTORY_NAMESPACE,
    HISTORY_SERVER,
    SERVICE_ACCOUNT,
    event_log_prefix,
    team_prefix,
)

__all__ = [
    "EVENT_LOG_PREFIX",
    "HISTORY_NAMESPACE",
    "HISTORY_SERVER",
    "SERVICE_ACCOUNT",
    "SparkChart",
    "event_log_prefix",
    "team_prefix",
]
