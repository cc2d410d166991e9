"""The catalogue of charts/addons in AWS' terms: who installs what, with which permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Literal

import cdk8s
from aws_cdk import Aws
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from airflow_eks.addons import Addon
from airflow_eks.chart_installer import ChartInstaller
from airflow_eks.cluster_clearing import ClusterClearing
from airflow_eks.iam import allow
from airflow_eks.log_groups import OwnedLogGroup, group_id, retention
from airflow_eks.pod_identity import PodIdentity
from charts.addons import AddonContext, EksAddon, HelmAddon, Statement, enabled_addons
from charts.addons.base import GrafanaInputs, MetricsWorkspace
from constructs import Construct, IDependable
from settings import Registry, Settings, load_releases


def addon_context(
    *,
    settings: Settings,
    registry: Registry,
    vpc_id: str,
    key_arn: str,
    metrics_workspace: MetricsWorkspace | None = None,
    grafana: GrafanaInputs | None = None,
) -> AddonContext:
    """What every add-on may want to know."""
    return AddonContext(
        settings=settings,
        registry=registry,
        partition=Aws.PARTITION,
        account=Aws.ACCOUNT_ID,
        vpc_id=vpc_id,
        key_arn=key_arn,
        metrics_workspace=metrics_workspace,
        grafana=grafana,
    )


def eks_addons(context: AddonContext, phase: Literal["before-nodes", "with-nodes"]) -> list[Addon]:
    """Those that EKS installs, at one of the two points in time."""
    return [
        Addon(
            name=addon.name,
            version=load_releases().eks_addon(
                addon.name, context.settings.cluster.kubernetes_version, context.settings.partition
            ),
            namespace=addon.namespace,
            configuration=addon.configuration,
            service_accounts=addon.service_accounts,
            managed_policies=addon.managed_policies,
            statements=tuple(_policy(addon.statements)),
            log_groups=addon.log_groups,
        )
        for _, addon in enabled_addons(context)
        if isinstance(addon, EksAddon) and addon.phase == phase
    ]


def install_addons(
    scope: Construct,
    *,
    context: AddonContext,
    cluster: eks.ICluster,
    clearing: ClusterClearing,
    app: cdk8s.App,
    key: kms.IKey,
    nodes: IDependable,
    secrets: IDependable,
    after: Sequence[IDependable],
) -> Mapping[str, Construct]:
    """Install the Helm releases, each after its role, its log groups, the add-ons that it names, and these.

    ``nodes`` is what brings the nodes that some of them run on, ``secrets`` what writes the Secrets of some.
    """
    log_retention = retention(context.settings.logs.retention_days)
    addons = {name: addon for name, addon in enabled_addons(context) if isinstance(addon, HelmAddon)}
    installed: dict[str, Construct] = {}
    for name in TopologicalSorter(
        {name: set(addon.after) & addons.keys() for name, addon in addons.items()}
    ).static_order():
        addon = addons[name]
        id_ = "".join(word.capitalize() for word in name.split("_"))
        first: list[IDependable] = [*after, *(installed[other] for other in addon.after if other in installed)]
        first += [
            OwnedLogGroup(scope, group_id(group), name=group, retention=log_retention, key=key)
            for group in addon.log_groups
        ]
        if addon.needs_nodes:
            first.append(nodes)
        if addon.needs_secrets:
            first.append(secrets)
        if addon.service_account:
            first.append(
                PodIdentity(
                    scope,
                    f"{id_}Identity",
                    cluster_name=context.settings.name,
                    namespace=addon.service_account.namespace,
                    service_account=addon.service_account.name,
                    description=f"Add-on {name} of {context.settings.name}",
                    statements=_policy(addon.statements),
                )
            )
        chart = addon.chart(app, name.replace("_", "-"))
        installed[name] = ChartInstaller(scope, id_, cluster=cluster, clearing=clearing, chart=chart, after=first)
    return installed


def _policy(statements: Iterable[Statement]) -> list[iam.PolicyStatement]:
    return [allow(each.sid, each.actions, each.resources, each.conditions) for each in statements]
