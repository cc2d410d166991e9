"""The way of the agent that reads metrics for alarms into the namespaces whose pods have them."""

from __future__ import annotations

from charts.network_policy import ALL_PODS, Flow, pods
from settings.published_metrics import ENDPOINTS

NAMESPACE = "alarm-metrics"
"""The agent's own."""


def alarm_metrics_in(namespace: str) -> Flow:
    """Lets the agent in, where it is or not: without it nobody is in its namespace.

    Raises KeyError where it reads nothing in this one.
    """
    ports = {each.port for each in ENDPOINTS if each.namespace == namespace}
    if not ports:
        raise KeyError(namespace)
    return Flow(
        name="alarm-metrics-in",
        pods=ALL_PODS,
        source=[pods(ALL_PODS, namespace=NAMESPACE)],
        ports=[("TCP", port) for port in sorted(ports)],
    )
