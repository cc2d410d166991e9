"""EKS add-ons: what EKS itself installs and keeps up to date, each with an identity of its own where it calls AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

from airflow_eks.log_groups import OwnedLogGroup, group_id
from airflow_eks.ordering import order
from airflow_eks.pod_identity import PodIdentity
from constructs import Construct, IDependable


@dataclass(frozen=True, kw_only=True)
class Addon:
    """One add-on."""

    name: str
    version: str | None = None
    """None is what EKS recommends for the cluster's Kubernetes version when the add-on is made."""
    namespace: str = "kube-system"
    configuration: Mapping[str, Any] = field(default_factory=dict)
    service_accounts: tuple[str, ...] = ()
    managed_policies: tuple[str, ...] = ()
    statements: tuple[iam.PolicyStatement, ...] = ()
    log_groups: tuple[str, ...] = ()


class EksAddons(Construct):
    """A set of add-ons that are made together, after what they depend on.

    Their identities are associations of their own, and not part of the add-on: which service accounts an add-on takes
    for its own depends on its version (that of Amazon EFS takes `efs-csi-node-sa` from 3.0 on, and before refuses it).
    Pods have their credentials from the first start, and keep them until the add-on is gone.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster_name: str,
        cluster: eks.ICluster,
        addons: Sequence[Addon],
        after: Sequence[IDependable],
        key: kms.IKey,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, id_)
        for addon in addons:
            groups = [
                OwnedLogGroup(self, group_id(name), name=name, retention=log_retention, key=key)
                for name in addon.log_groups
            ]
            identities = [
                PodIdentity(
                    self,
                    f"{addon.name}-{account}",
                    cluster_name=cluster_name,
                    namespace=addon.namespace,
                    service_account=account,
                    description=f"EKS add-on {addon.name}, service account {account}",
                    statements=addon.statements,
                    managed_policies=addon.managed_policies,
                )
                for account in addon.service_accounts
            ]
            for identity in identities:
                order(identity.association, after=cluster)
            resource = eks.CfnAddon(
                self,
                addon.name,
                addon_name=addon.name,
                addon_version=addon.version,
                cluster_name=cluster.cluster_name,
                configuration_values=json.dumps(addon.configuration) if addon.configuration else None,
                resolve_conflicts="OVERWRITE",
            )
            resource.node.add_dependency(*after, *groups, *identities)
