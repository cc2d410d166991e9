"""Pods that say how they do: where Prometheus reads metrics, and the two flows that this takes.

What is read stands beside the release that it is read from; charts/addons/prometheus.py reads what is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from charts.network_policy import Flow, Selector, labelled, pods

NAMESPACE = "monitoring"
PROMETHEUS = labelled(**{"app.kubernetes.io/name": "prometheus"})
"""Its pods, by the label that its operator gives them."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A port of pods in one namespace, which answers with metrics."""

    name: str
    namespace: str
    pods: Selector
    port: int
    port_name: str | None = None
    """None where the pod does not declare the port; then ``container`` says whose it is."""
    container: str | None = None
    path: str = "/metrics"
    metric_relabelings: tuple[dict[str, Any], ...] = field(default=())
    """What is done to each series before it is stored."""

    @property
    def scrape_in(self) -> Flow:
        """Lets Prometheus in, in the pods' namespace. Without Prometheus it lets nobody in, and harms nothing."""
        source = pods(PROMETHEUS, namespace=NAMESPACE)
        return Flow(name=f"metrics-of-{self.name}", pods=self.pods, source=[source], ports=[("TCP", self.port)])

    @property
    def scrape_out(self) -> Flow:
        """Lets Prometheus out to them."""
        target = pods(self.pods, namespace=self.namespace)
        return Flow(name=f"metrics-of-{self.name}", pods=PROMETHEUS, to=[target], ports=[("TCP", self.port)])

    @property
    def monitor(self) -> dict[str, Any]:
        """Spec of a PodMonitor.

        https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
        """
        endpoint: dict[str, Any] = {"path": self.path}
        if self.port_name:
            endpoint["port"] = self.port_name
        else:
            container = "__meta_kubernetes_pod_container_name"
            endpoint["relabelings"] = [
                {"action": "keep", "sourceLabels": [container], "regex": self.container},
                {
                    "sourceLabels": ["__meta_kubernetes_pod_ip"],
                    "targetLabel": "__address__",
                    "replacement": f"$1:{self.port}",
                },
            ]
        if self.metric_relabelings:
            endpoint["metricRelabelings"] = list(self.metric_relabelings)
        return {
            "selector": self.pods,
            "namespaceSelector": {"matchNames": [self.namespace]},
            "podMetricsEndpoints": [endpoint],
        }
