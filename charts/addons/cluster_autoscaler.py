"""Cluster Autoscaler: as many nodes in the system node group as its pods need."""

from __future__ import annotations

import cdk8s

from charts.addons.base import AddonContext, HelmAddon, ServiceAccount, Statement
from charts.helm_release import HelmRelease
from charts.placement import SYSTEM_POOL, node_selector, resources, spread
from constructs import Construct
from settings import Registry

_NAMESPACE = "kube-system"
_NAME = "cluster-autoscaler"


def addon(context: AddonContext) -> HelmAddon:
    """It knows Auto Scaling groups, and of these the cluster's own: nodes that Karpenter makes are in none."""
    settings = context.settings

    def chart(scope: Construct, id_: str) -> ClusterAutoscalerChart:
        return ClusterAutoscalerChart(
            scope,
            id_,
            registry=context.registry,
            cluster_name=settings.name,
            region=settings.region,
            kubernetes_version=settings.cluster.kubernetes_version,
        )

    return HelmAddon(
        chart=chart,
        service_account=ServiceAccount(namespace=_NAMESPACE, name=_NAME),
        statements=(
            # These actions take no resource.
            Statement(
                sid="FindNodeGroups",
                actions=(
                    "autoscaling:DescribeAutoScalingGroups",
                    "autoscaling:DescribeScalingActivities",
                    "ec2:DescribeInstanceTypes",
                    "ec2:DescribeLaunchTemplateVersions",
                ),
                resources=("*",),
            ),
            Statement(
                sid="ReadNodeGroup",
                actions=("eks:DescribeNodegroup",),
                resources=(context.arn("eks", f"nodegroup/{settings.name}/*"),),
            ),
            # EKS makes the group, and chooses its name; the tag is one that EKS sets.
            # https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
            Statement(
                sid="ScaleNodeGroup",
                actions=("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"),
                resources=(context.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*"),),
                conditions={"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{settings.name}": "owned"}},
            ),
        ),
    )


class ClusterAutoscalerChart(cdk8s.Chart):
    """Two replicas, of which one is elected and acts."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        registry: Registry,
        cluster_name: str,
        region: str,
        kubernetes_version: str,
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        image = registry.image(f"{_NAME}-{kubernetes_version}")
        HelmRelease(
            self,
            "release",
            chart=registry.chart(_NAME),
            release=_NAME,
            namespace=_NAMESPACE,
            values={
                "fullnameOverride": _NAME,
                "image": {"repository": image.repository, "tag": image.tag_and_digest},
                "rbac": {"serviceAccount": {"name": _NAME}},
                # The groups that EKS has tagged with the cluster's name.
                "autoDiscovery": {"clusterName": cluster_name},
                # No pod reaches instance metadata, where it would look.
                "awsRegion": region,
                "extraArgs": {
                    "v": 2,
                    # Every pod of these nodes is one of those two kinds: with the defaults no node would ever leave.
                    # Disruption budgets say how fast they may go.
                    "skip-nodes-with-system-pods": False,
                    "skip-nodes-with-local-storage": False,
                },
                "replicaCount": 2,
                "podDisruptionBudget": {"maxUnavailable": 1},
                "priorityClassName": "system-cluster-critical",
                "nodeSelector": node_selector(SYSTEM_POOL),
                "topologySpreadConstraints": spread({"app.kubernetes.io/instance": _NAME}),
                "resources": resources(cpu="100m", memory="600Mi"),
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 65534,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containerSecurityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            },
        )
