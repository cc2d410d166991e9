"""Clears the way of a deletion: what a controller that does not work would keep for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from airflow_eks.clearing_permissions import CLUSTER_RULES, aws_statements
from airflow_eks.program import Program
from constructs import Construct

_GROUP = "airflow-eks:clearing"
_NAME = "airflow-eks-clearing"
# The longest that a function may run, and CloudFormation's patience a little more.
_TIMEOUT = Duration.minutes(15)
_PATIENCE = Duration.seconds(960)


class ClusterClearing(Construct):
    """A function in the VPC, its way into the cluster, and what it may do there.

    The CDK's own function waits for what it deletes as long as it may run, and then fails; what kubectl is refused it
    takes for done. So before each thing that could hang this one looks whether it would.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        cluster_name: str,
        region: str,
        kubectl_layer: lambda_.ILayerVersion,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        security_group: ec2.ISecurityGroup,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self._cluster, self._cluster_name, self._vpc_id = cluster, cluster_name, vpc.vpc_id
        provider = cluster.node.find_child("KubectlProvider")
        self._program = Program(
            self,
            "Program",
            module="clearing",
            description=f"Clears the way when {cluster_name} is deleted",
            environment={},
            timeout=_TIMEOUT,
            statements=aws_statements(
                cluster_name=cluster_name, cluster_arn=cluster.cluster_arn, region=region, vpc_id=vpc.vpc_id
            ),
            key=key,
            layers=[kubectl_layer, cast(lambda_.ILayerVersion, provider.node.find_child("AwsCliLayer"))],
            vpc=vpc,
            subnets=subnets,
            security_groups=[security_group],
        )
        eks.CfnAccessEntry(
            self,
            "Access",
            cluster_name=cluster.cluster_name,
            principal_arn=self._program.role.role_arn,
            kubernetes_groups=[_GROUP],
            type="STANDARD",
        )

    def before_everything(self, scope: Construct, id_: str, *, nested: Sequence[Construct]) -> None:
        """The first of a deletion: webhooks, APIs and objects of controllers that do not work."""
        self._ask(scope, id_, "BeforeEverything").node.add_dependency(*nested)

    def before_node_pools(self, scope: Construct, id_: str) -> CustomResource:
        """When nothing runs on Karpenter's nodes any more."""
        return self._ask(scope, id_, "BeforeNodePools")

    def before_namespace(self, scope: Construct, id_: str, namespace: str) -> CustomResource:
        """When what is in a namespace was deleted."""
        return self._ask(scope, id_, "BeforeNamespace", Namespace=namespace)

    def after_controllers(self, scope: Construct, id_: str) -> CustomResource:
        """When the controllers are gone: what they left in AWS. The first of all in the cluster, and so the last."""
        asked = self._ask(scope, id_, "AfterControllers", VpcId=self._vpc_id)
        asked.node.add_dependency(_Rights(scope, f"{id_}Rights", cluster=self._cluster))
        return asked

    def _ask(self, scope: Construct, id_: str, stage: str, **properties: str) -> CustomResource:
        return CustomResource(
            scope,
            id_,
            service_token=self._program.arn,
            resource_type="Custom::Clearing",
            service_timeout=_PATIENCE,
            properties={"Stage": stage, "ClusterName": self._cluster_name, **properties},
        )


class _Rights(Construct):
    """What the function may do in the cluster."""

    def __init__(self, scope: Construct, id_: str, *, cluster: eks.ICluster) -> None:
        super().__init__(scope, id_)
        rbac = "rbac.authorization.k8s.io"
        manifests: dict[str, dict[str, Any]] = {
            "ClusterRole": {"rules": list(CLUSTER_RULES)},
            "ClusterRoleBinding": {
                "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": _NAME},
                "subjects": [{"apiGroup": rbac, "kind": "Group", "name": _GROUP}],
            },
        }
        for kind, body in manifests.items():
            manifest = {"apiVersion": f"{rbac}/v1", "kind": kind, "metadata": {"name": _NAME}, **body}
            eks.KubernetesManifest(self, kind, cluster=cluster, manifest=[manifest], overwrite=True, prune=False)
