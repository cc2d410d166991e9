"""Metrics server: `kubectl top`, and autoscaling by CPU and memory."""

from __future__ import annotations

import cdk8s

from charts.addons.base import AddonContext, HelmAddon
from charts.helm_release import HelmRelease
from charts.placement import SYSTEM_POOL, node_selector, resources, spread
from constructs import Construct
from settings import Registry

_NAMESPACE = "kube-system"
_RELEASE = "metrics-server"


def addon(context: AddonContext) -> HelmAddon:
    """Its release; it asks the nodes and calls no AWS."""

    def chart(scope: Construct, id_: str) -> MetricsServerChart:
        return MetricsServerChart(scope, id_, registry=context.registry)

    return HelmAddon(chart=chart)


class MetricsServerChart(cdk8s.Chart):
    """Two replicas. It takes only certificates of nodes that the cluster's own authority has signed."""

    def __init__(self, scope: Construct, id_: str, *, registry: Registry) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        image = registry.image("metrics-server")
        HelmRelease(
            self,
            "release",
            chart=registry.chart("metrics-server"),
            release=_RELEASE,
            namespace=_NAMESPACE,
            values={
                "image": {"repository": image.repository, "tag": image.tag_and_digest},
                "replicas": 2,
                "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
                "nodeSelector": node_selector(SYSTEM_POOL),
                "topologySpreadConstraints": spread({"app.kubernetes.io/name": _RELEASE}),
                "resources": resources(cpu="100m", memory="200Mi"),
            },
        )
