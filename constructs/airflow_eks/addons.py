"""EKS add-ons: what EKS itself installs and keeps up to date, each with an identity of its own where it calls AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from airflow_eks.pod_identity import pod_role
from constructs import Construct, IDependable

_NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class Addon:
    """One add-on. Its version is what EKS recommends for the cluster's Kubernetes version."""

    name: str
    configuration: Mapping[str, Any] = field(default_factory=dict)
    service_accounts: tuple[str, ...] = ()
    managed_policies: tuple[str, ...] = ()
    statements: tuple[iam.PolicyStatement, ...] = ()


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
