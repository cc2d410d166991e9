"""CoreDNS: names in the cluster."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon
from charts.placement import SYSTEM_POOL, node_selector

_MOST_REPLICAS = 10


def addon(context: AddonContext) -> EksAddon:
    """On the system nodes. EKS scales it where the cluster proportional autoscaler does not: never both."""
    settings = context.settings
    scaling = (
        {"enabled": False}
        if settings.addons.cluster_proportional_autoscaler
        else {"enabled": True, "minReplicas": settings.network.zones, "maxReplicas": _MOST_REPLICAS}
    )
    return EksAddon(name="coredns", configuration={"autoScaling": scaling, "nodeSelector": node_selector(SYSTEM_POOL)})
