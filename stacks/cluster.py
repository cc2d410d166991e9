"""Cluster: EKS, the Graviton node group, and the add-ons that EKS keeps up to date."""

from __future__ import annotations

import importlib

from aws_cdk import NestedStack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from airflow_eks.addons import EksAddons
from airflow_eks.cluster import Cluster as ClusterConstruct
from airflow_eks.cluster_clearing import ClusterClearing
from airflow_eks.deployment_guard import DeploymentGuard
from airflow_eks.log_groups import retention
from airflow_eks.node_group import SystemNodeGroup
from charts.placement import POOL_LABEL, SYSTEM_POOL
from constructs import Construct
from settings import Registry, Settings, load_releases
from stacks.addons import addon_context, eks_addons


class Cluster(NestedStack):
    """A cluster that can run pods. Nothing of Airflow's is in it yet."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        registry: Registry,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        guard: DeploymentGuard,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="Cluster: EKS, Graviton node group, EKS add-ons")
        cluster = settings.cluster
        log_retention = retention(settings.logs.retention_days)
        kubectl_layer = self._kubectl_layer(cluster.kubernetes_version)
        made = ClusterConstruct(
            self,
            "Cluster",
            name=settings.name,
            kubernetes_version=cluster.kubernetes_version,
            support=cluster.support,
            kubectl_layer=kubectl_layer,
            vpc=vpc,
            subnets=subnets,
            public_access=cluster.has_public_endpoint,
            public_access_cidrs=cluster.public_access_cidrs,
            administrators=cluster.administrators,
            guard=guard,
            key=key,
            log_retention=log_retention,
        )
        self.eks: eks.ICluster = made.eks
        self.clearing = ClusterClearing(
            self,
            "Clearing",
            cluster=self.eks,
            cluster_name=settings.name,
            region=settings.region,
            kubectl_layer=kubectl_layer,
            vpc=vpc,
            subnets=subnets,
            security_group=made.kubectl_security_group,
            key=key,
        )
        addons = addon_context(settings=settings, registry=registry, vpc_id=vpc.vpc_id, key_arn=key.key_arn)
        networking = EksAddons(
            self,
            "NetworkingAddons",
            cluster_name=settings.name,
            cluster=self.eks,
            addons=eks_addons(addons, "before-nodes"),
            after=[],
            key=key,
            log_retention=log_retention,
        )
        nodes = SystemNodeGroup(
            self,
            "SystemNodes",
            cluster=self.eks,
            kubernetes_version=cluster.kubernetes_version,
            subnets=subnets,
            instance_type=cluster.nodes.instance_type,
            min_size=cluster.nodes.min,
            max_size=cluster.nodes.max,
            disk_gib=cluster.nodes.disk_gib,
            labels={POOL_LABEL: SYSTEM_POOL},
            tags=settings.tags_of("cluster"),
            key=key,
        )
        nodes.node.add_dependency(networking)
        EksAddons(
            self,
            "Addons",
            cluster_name=settings.name,
            cluster=self.eks,
            addons=eks_addons(addons, "with-nodes"),
            after=[nodes],
            key=key,
            log_retention=log_retention,
        )

    def _kubectl_layer(self, kubernetes_version: str) -> lambda_.ILayerVersion:
        """The binaries of the cluster's own minor version; only its package is imported."""
        release = load_releases().kubernetes.versions[kubernetes_version]
        layer: type[lambda_.LayerVersion] = getattr(
            importlib.import_module(release.kubectl_layer), release.kubectl_layer_class
        )
        return layer(self, "KubectlLayer")  # type: ignore[call-arg] # the subclass needs no code
