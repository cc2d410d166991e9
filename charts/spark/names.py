"""Names of Spark's in the cluster, and where its operator says how it does."""

from __future__ import annotations

from charts.network_policy import labelled
from charts.scrape import Endpoint

OPERATOR_NAMESPACE = "spark-operator"
OPERATOR_RELEASE = "spark-operator"
OPERATOR_METRICS = Endpoint(
    name="spark-operator",
    namespace=OPERATOR_NAMESPACE,
    pods=labelled(**{"app.kubernetes.io/component": "controller"}),
    port_name="metrics",
    port=8080,
)
HISTORY_NAMESPACE = "spark-history"
HISTORY_SERVER = "spark-history-server"
HISTORY_PORT = 18080
SERVICE_ACCOUNT = "spark"
"""Of drivers and executors, in the namespace of each team."""

EVENT_LOG_PREFIX = "event-logs"
TEAM_PREFIX = "teams"
"""What keys in Spark's bucket begin with; the team's name follows."""


def event_log_prefix(team: str) -> str:
    """Where a team's event logs are in the bucket."""
    return f"{EVENT_LOG_PREFIX}/{team}"


def team_prefix(team: str) -> str:
    """Where a team's own files are in the bucket."""
    return f"{TEAM_PREFIX}/{team}"
