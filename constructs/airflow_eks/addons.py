"""EKS add-ons: what EKS itself installs and keeps up to date, each with an identity of its own where it calls AWS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from airflow_eks.pod_identity import pod_role
from constructs import Construct, IDependable

_NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class Addon:
    """One add-on. Its version is what EKS recommends for the cluster's Kubernetes version."""

    name: str
    configuration: dict[str, Any] = field(default_factory=dict)
    service_accounts: tuple[str, ...] = ()
    managed_policies: tuple[str, ...] = ()
    statements: tuple[iam.PolicyStatement, ...] = ()


def networking_addons() -> tuple[Addon, ...]:
    """What a node needs to become ready: made before the nodes, deleted after them."""
    return (
        Addon(
            name="vpc-cni",
            # Prefixes of 16 addresses, so that a node carries as many pods as its CPU and memory allow.
            configuration={"enableNetworkPolicy": "true", "env": {"ENABLE_PREFIX_DELEGATION": "true"}},
            service_accounts=("aws-node",),
            # Attaches network interfaces to whatever instance asks: EC2 offers no condition that names the cluster.
            managed_policies=("AmazonEKS_CNI_Policy",),
        ),
        Addon(name="kube-proxy"),
        Addon(name="eks-pod-identity-agent"),
    )


def cluster_addons(*, region: str) -> tuple[Addon, ...]:
    """What runs on nodes: made after them, deleted before them."""
    return (
        Addon(name="coredns"),
        Addon(
            name="aws-ebs-csi-driver",
            service_accounts=("ebs-csi-controller-sa",),
            # AWS' own policy for the driver: it touches only volumes and snapshots that carry the driver's tag.
            managed_policies=("service-role/AmazonEBSCSIDriverPolicy",),
        ),
        Addon(
            name="aws-efs-csi-driver",
            service_accounts=("efs-csi-controller-sa", "efs-csi-node-sa"),
            statements=(
                iam.PolicyStatement(
                    sid="FindMountTargets",
                    actions=[
                        "elasticfilesystem:DescribeAccessPoints",
                        "elasticfilesystem:DescribeFileSystems",
                        "elasticfilesystem:DescribeMountTargets",
                    ],
                    # Volumes are made by hand on access points of the CDK's: the driver reads and makes nothing.
                    resources=[
                        f"arn:{Aws.PARTITION}:elasticfilesystem:{region}:{Aws.ACCOUNT_ID}:{kind}/*"
                        for kind in ("file-system", "access-point")
                    ],
                ),
                iam.PolicyStatement(
                    sid="FindZones",
                    actions=["ec2:DescribeAvailabilityZones"],
                    # The action takes no resource.
                    resources=["*"],
                ),
            ),
        ),
    )


class EksAddons(Construct):
    """A set of add-ons that are made together, after what they depend on."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster_name: str,
        cluster: eks.ICluster,
        addons: Sequence[Addon],
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id_)
        for addon in addons:
            resource = eks.CfnAddon(
                self,
                addon.name,
                addon_name=addon.name,
                cluster_name=cluster.cluster_name,
                configuration_values=json.dumps(addon.configuration) if addon.configuration else None,
                resolve_conflicts="OVERWRITE",
                pod_identity_associations=[
                    eks.CfnAddon.PodIdentityAssociationProperty(
                        service_account=account,
                        role_arn=pod_role(
                            self,
                            f"{addon.name}-{account}",
                            cluster_name=cluster_name,
                            namespace=_NAMESPACE,
                            service_account=account,
                            description=f"EKS add-on {addon.name}, service account {account}",
                            statements=addon.statements,
                            managed_policies=addon.managed_policies,
                        ).role_arn,
                    )
                    for account in addon.service_accounts
                ]
                or None,
            )
            resource.node.add_dependency(*after)
