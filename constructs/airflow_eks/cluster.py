"""The Kubernetes cluster: Amazon EKS, its log group, its administrators, and the function that runs kubectl."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import RemovalPolicies, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from airflow_eks.deployment_guard import DeploymentGuard
from airflow_eks.log_groups import OwnedLogGroup, take_over_log_group
from airflow_eks.ordering import order
from constructs import Construct


class Cluster(Construct):
    """An EKS cluster without nodes or add-ons.

    The API server answers inside the VPC, where the kubectl function runs; outside only if that is asked for.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        kubernetes_version: str,
        support: str,
        kubectl_layer: lambda_.ILayerVersion,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        public_access: bool,
        public_access_cidrs: Sequence[str],
        administrators: Sequence[str],
        guard: DeploymentGuard,
        key: kms.IKey,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, id_)
        # EKS makes this group by itself if it is missing, and leaves it behind.
        group_name = f"/aws/eks/{name}/cluster"
        log_group = OwnedLogGroup(self, "ControlPlaneLogs", name=group_name, retention=log_retention, key=key)
        guard.make_way(self, "LogsOfEarlierCluster", log_group=log_group.log_group, name=group_name)
        self.kubectl_security_group = ec2.SecurityGroup(
            self, "KubectlSecurityGroup", vpc=vpc, description="The function that runs kubectl and helm"
        )
        cluster = eks.Cluster(
            self,
            "Eks",
            cluster_name=name,
            version=eks.KubernetesVersion.of(kubernetes_version),
            vpc=vpc,
            vpc_subnets=[subnets],
            endpoint_access=_endpoint_access(public=public_access, cidrs=public_access_cidrs),
            secrets_encryption_key=key,
            cluster_logging=[
                eks.ClusterLoggingTypes.API,
                eks.ClusterLoggingTypes.AUDIT,
                eks.ClusterLoggingTypes.AUTHENTICATOR,
                eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
                eks.ClusterLoggingTypes.SCHEDULER,
            ],
            # Capacity is a node group of its own; CNI, CoreDNS and kube-proxy are EKS add-ons.
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            bootstrap_self_managed_addons=False,
            bootstrap_cluster_creator_admin_permissions=False,
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=kubectl_layer,
                security_groups=[self.kubectl_security_group],
            ),
        )
        # EKS' own default is the dearer one.
        cast(eks.CfnCluster, cluster.node.default_child).upgrade_policy = eks.CfnCluster.UpgradePolicyProperty(
            support_type=support.upper()
        )
        # The library's type stubs lack a member by which a Cluster would be seen to be an ICluster, which it is.
        self.eks = cast(eks.ICluster, cluster)
        order(cluster, after=log_group.log_group)
        self._admit_kubectl(key)
        for index, principal in enumerate(administrators):
            eks.AccessEntry(
                self,
                f"Administrator{index}",
                cluster=self.eks,
                principal=principal,
                access_policies=[
                    eks.AccessPolicy.from_access_policy_name(
                        "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
                    )
                ],
            )

    def _admit_kubectl(self, key: kms.IKey) -> None:
        """Let the kubectl function reach the API server, from before its first call until after its last."""
        rule = ec2.CfnSecurityGroupIngress(
            self,
            "KubectlToApiServer",
            group_id=self.eks.cluster_security_group_id,
            source_security_group_id=self.kubectl_security_group.security_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            description="kubectl and helm to the API server",
        )
        provider = self.eks.node.find_child("KubectlProvider")
        handler = provider.node.find_child("Handler")
        order(handler, after=rule)
        RemovalPolicies.of(provider).apply(RemovalPolicy.DESTROY)
        for function in (handler, provider.node.find_child("Provider").node.find_child("framework-onEvent")):
            take_over_log_group(function, key=key)


def _endpoint_access(*, public: bool, cidrs: Sequence[str]) -> eks.EndpointAccess:
    if not public:
        return eks.EndpointAccess.PRIVATE
    both = eks.EndpointAccess.PUBLIC_AND_PRIVATE
    return both.only_from(*cidrs) if cidrs else both
