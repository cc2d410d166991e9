"""The agent's configuration: what is read from where, and what of it becomes a metric of CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights-Prometheus-Setup-configure.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from settings.published_metrics import (
    DEPLOYMENT,
    ENDPOINTS,
    NAMESPACE,
    SCRAPE_SECONDS,
    SLOW_SCRAPE_SECONDS,
    Endpoint,
    PublishedMetric,
)

CONFIGURATION_FOLDER = "/etc/cwagentconfig"
"""Where the agent looks for its own configuration. It takes every YAML file there for OpenTelemetry's, and ends."""
PROMETHEUS_FOLDER = "/etc/prometheusconfig"
AGENT_FILE = "cwagentconfig.json"
PROMETHEUS_FILE = "prometheus.yaml"

_SEPARATOR = ";"


def agent(*, cluster: str, region: str, log_group: str) -> dict[str, Any]:
    """``cwagentconfig.json``: every metric with one dimension, whatever labels it has."""
    return {
        "agent": {"region": region, "usage_data": False},
        "logs": {
            "metrics_collected": {
                "prometheus": {
                    # In a container it wants one. Where none is said, it asks instance metadata, which no pod reaches.
                    "cluster_name": cluster,
                    "log_group_name": log_group,
                    "prometheus_config_path": f"{PROMETHEUS_FOLDER}/{PROMETHEUS_FILE}",
                    "emf_processor": {
                        "metric_namespace": NAMESPACE,
                        "metric_declaration": [
                            {
                                "source_labels": ["job"],
                                "label_matcher": f"^{job}$",
                                "dimensions": [[DEPLOYMENT]],
                                "metric_selectors": [f"^{each.name}$" for each in metrics],
                            }
                            for place in ENDPOINTS
                            for job, _, metrics in _jobs(place)
                        ],
                    },
                }
            },
            "force_flush_interval": 15,
        },
    }


def prometheus(*, deployment: str) -> dict[str, Any]:
    """``prometheus.yaml``: the pods that listen on a port, and of what they say the series that are published."""
    return {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": "10s"},
        "scrape_configs": [
            {
                "job_name": job,
                "scrape_interval": f"{seconds}s",
                "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [place.namespace]}}],
                "relabel_configs": [
                    {
                        "source_labels": ["__meta_kubernetes_pod_container_port_number"],
                        "regex": str(place.port),
                        "action": "keep",
                    },
                    {"source_labels": ["__meta_kubernetes_pod_phase"], "regex": "Running", "action": "keep"},
                    {"target_label": DEPLOYMENT, "replacement": deployment},
                ],
                "metric_relabel_configs": _kept(metrics),
            }
            for place in ENDPOINTS
            for job, seconds, metrics in _jobs(place)
        ],
    }


def _jobs(place: Endpoint) -> list[tuple[str, int, Sequence[PublishedMetric]]]:
    """Jobs of an endpoint, one for each interval: name, seconds, metrics."""
    fast = [each for each in place.metrics if not each.slow]
    slow = [each for each in place.metrics if each.slow]
    jobs: list[tuple[str, int, Sequence[PublishedMetric]]] = [(place.job, SCRAPE_SECONDS, fast)]
    return [*jobs, (f"{place.job}-slow", SLOW_SCRAPE_SECONDS, slow)] if slow else jobs


def _kept(metrics: Sequence[PublishedMetric]) -> list[dict[str, Any]]:
    """One rule for all of them: each with its own values of labels, and none with another's."""
    labels = sorted({label for each in metrics for label in each.labels})
    series = (
        _SEPARATOR.join((each.name, *(f"({each.labels[label]})" if label in each.labels else ".*" for label in labels)))
        for each in metrics
    )
    return [
        {
            "source_labels": ["__name__", *labels],
            "separator": _SEPARATOR,
            "regex": "|".join(series),
            "action": "keep",
        }
    ]
