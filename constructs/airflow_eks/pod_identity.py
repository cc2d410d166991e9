"""Pod identities: an IAM role for one service account, by EKS Pod Identity."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam

from constructs import Construct

_PODS = "pods.eks.amazonaws.com"


def pod_role(
    scope: Construct,
    id_: str,
    *,
    cluster_name: str,
    namespace: str,
    service_account: str,
    description: str,
    statements: Sequence[iam.PolicyStatement] = (),
    managed_policies: Sequence[str] = (),
    policy_arns: Sequence[str] = (),
) -> iam.Role:
    """A role that the pods of one service account can take, and no others.

    EKS tags each session with where the pod is; the trust policy asks for these tags.
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """
    tags = {
        "eks-cluster-name": cluster_name,
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": service_account,
    }
    principal = iam.ServicePrincipal(
        _PODS, conditions={"StringEquals": {f"aws:RequestTag/{key}": value for key, value in tags.items()}}
    )
    role = iam.Role(
        scope,
        id_,
        description=description,
        assumed_by=principal,
        managed_policies=[
            *(iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in managed_policies),
            *(iam.ManagedPolicy.from_managed_policy_arn(scope, f"{id_}-{arn}", arn) for arn in policy_arns),
        ],
        inline_policies={"Permissions": iam.PolicyDocument(statements=list(statements))} if statements else None,
    )
    policy = role.assume_role_policy
    if policy is None:  # pragma: no cover - a role that is made here has one
        raise TypeError("a role without a trust policy")
    policy.add_statements(iam.PolicyStatement(principals=[principal], actions=["sts:TagSession"]))
    return role


class PodIdentity(Construct):
    """The role of one service account and its association with the cluster.

    What uses it is made after it and deleted before it: a controller needs its permissions to clean up.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster_name: str,
        namespace: str,
        service_account: str,
        description: str,
        statements: Sequence[iam.PolicyStatement] = (),
        managed_policies: Sequence[str] = (),
        policy_arns: Sequence[str] = (),
    ) -> None:
        """``managed_policies`` are names of AWS' own, ``policy_arns`` those of others."""
        super().__init__(scope, id_)
        self.role = pod_role(
            self,
            "Role",
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            description=description,
            statements=statements,
            managed_policies=managed_policies,
            policy_arns=policy_arns,
        )
        self.association = eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=self.role.role_arn,
        )
