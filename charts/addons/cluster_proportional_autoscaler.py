"""Cluster proportional autoscaler: as many replicas of CoreDNS as the cluster needs."""

from __future__ import annotations

import cdk8s

from charts.addons.base import AddonContext, HelmAddon
from charts.helm_release import HelmRelease
from charts.placement import SYSTEM_POOL, node_selector, resources
from constructs import Construct
from settings import Registry

_NAMESPACE = "kube-system"
_RELEASE = "cluster-proportional-autoscaler"
_NAME = "coredns-autoscaler"

# What Kubernetes' own set-up of cluster DNS takes.
# https://kubernetes.io/docs/tasks/administer-cluster/dns-horizontal-autoscaling/
_CORES_PER_REPLICA, _NODES_PER_REPLICA = 256, 16


def addon(context: AddonContext) -> HelmAddon:
    """Its release; it counts nodes and calls no AWS. Where it is, EKS' own scaling of CoreDNS is not."""

    def chart(scope: Construct, id_: str) -> CoreDnsAutoscalerChart:
        return CoreDnsAutoscalerChart(scope, id_, registry=context.registry, minimum=context.settings.network.zones)

    return HelmAddon(chart=chart)


class CoreDnsAutoscalerChart(cdk8s.Chart):
    """One replica: while it is away, CoreDNS keeps the number that it has."""

    def __init__(self, scope: Construct, id_: str, *, registry: Registry, minimum: int) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        image = registry.image(_RELEASE)
        HelmRelease(
            self,
            "release",
            chart=registry.chart(_RELEASE),
            release=_RELEASE,
            namespace=_NAMESPACE,
            values={
                "fullnameOverride": _NAME,
                "image": {"repository": image.repository, "tag": image.tag_and_digest},
                "options": {"namespace": _NAMESPACE, "target": "deployment/coredns"},
                "config": {
                    "linear": {
                        "coresPerReplica": _CORES_PER_REPLICA,
                        "nodesPerReplica": _NODES_PER_REPLICA,
                        "min": minimum,
                        "preventSinglePointFailure": True,
                        # A node that is being drained still has pods that ask.
                        "includeUnschedulableNodes": True,
                    }
                },
                "serviceAccount": {"name": _NAME},
                "priorityClassName": "system-cluster-critical",
                "nodeSelector": node_selector(SYSTEM_POOL),
                "resources": resources(cpu="20m", memory="64Mi"),
                "podSecurityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 65534,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            },
        )
