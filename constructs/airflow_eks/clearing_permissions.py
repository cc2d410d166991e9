"""What the function that clears the way may do, in AWS and in the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from airflow_eks.iam import allow


def aws_statements(*, cluster_name: str, cluster_arn: str, region: str, vpc_id: str) -> list[iam.PolicyStatement]:
    """Delete what the cluster's controllers made, and nothing else: their tags are conditions."""
    ec2 = f"arn:{Aws.PARTITION}:ec2:{region}:{Aws.ACCOUNT_ID}"
    elb = f"arn:{Aws.PARTITION}:elasticloadbalancing:{region}:{Aws.ACCOUNT_ID}"
    # Ids are AWS' own: which are meant is said by the tags that Karpenter, the driver and the controller give.
    instances, volumes, groups = (f"{ec2}:{kind}/*" for kind in ("instance", "volume", "security-group"))

    def tagged(key: str, value: str) -> dict[str, dict[str, str]]:
        return {"StringEquals": {f"aws:ResourceTag/{key}": value}}

    of_cluster = tagged(f"kubernetes.io/cluster/{cluster_name}", "owned")
    of_controller = tagged("elbv2.k8s.aws/cluster", cluster_name)
    of_driver = tagged("ebs.csi.aws.com/cluster", "true")
    return [
        allow("ReadCluster", ["eks:DescribeCluster"], [cluster_arn]),
        allow(
            "SeeThatAllIsDeleted",
            ["cloudformation:DescribeStacks"],
            # Its id is known in the root stack alone.
            [f"arn:{Aws.PARTITION}:cloudformation:{region}:{Aws.ACCOUNT_ID}:stack/{cluster_name}/*"],
        ),
        allow(
            "FindLeftovers",
            [
                "ec2:DescribeInstances",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeSecurityGroups",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroups",
            ],
            # Describe actions of EC2 and Elastic Load Balancing take no resource.
            ["*"],
        ),
        allow(
            "EndKarpentersInstances",
            ["ec2:TerminateInstances"],
            [instances],
            {**of_cluster, "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"}},
        ),
        allow(
            "DeleteKarpentersTemplates",
            ["ec2:DeleteLaunchTemplate"],
            [f"{ec2}:launch-template/*"],
            tagged("karpenter.k8s.aws/cluster", cluster_name),
        ),
        allow(
            "DeleteLoadBalancers",
            ["elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup"],
            [f"{elb}:loadbalancer/app/*", f"{elb}:targetgroup/*"],
            of_controller,
        ),
        allow("DeleteGroupsOfLoadBalancers", ["ec2:DeleteSecurityGroup"], [groups], of_controller),
        allow(
            "ForgetGroupsOfLoadBalancers",
            ["ec2:RevokeSecurityGroupIngress"],
            # The nodes' group is EKS' own and has no tag of the controller's: the VPC bounds it.
            [groups],
            {"ArnEquals": {"ec2:Vpc": f"{ec2}:vpc/{vpc_id}"}},
        ),
        allow("DeleteVolumes", ["ec2:DeleteVolume", "ec2:DetachVolume"], [volumes], of_driver),
        allow(
            "DetachVolumes",
            ["ec2:DetachVolume"],
            [instances],
            tagged("eks:cluster-name", cluster_name),
        ),
    ]


def _rule(group: str, verbs: Sequence[str], *kinds: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(kinds), "verbs": list(verbs)}


_LOOK = ("get", "list")
_REMOVE = (*_LOOK, "delete")
# A finalizer is taken off by a patch.
_FREE = (*_REMOVE, "patch")

CLUSTER_RULES = (
    _rule("apps", _LOOK, "deployments"),
    _rule("discovery.k8s.io", _LOOK, "endpointslices"),
    _rule("admissionregistration.k8s.io", _REMOVE, "validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
    _rule("apiregistration.k8s.io", _REMOVE, "apiservices"),
    _rule("", _FREE, "pods", "persistentvolumeclaims", "persistentvolumes", "services", "nodes"),
    _rule("storage.k8s.io", _FREE, "volumeattachments"),
    _rule("networking.k8s.io", _FREE, "ingresses"),
    _rule("elbv2.k8s.aws", _FREE, "targetgroupbindings"),
    _rule("external-secrets.io", _FREE, "externalsecrets", "secretstores"),
    _rule("keda.sh", _FREE, "scaledobjects", "scaledjobs", "triggerauthentications", "clustertriggerauthentications"),
    _rule("karpenter.sh", _FREE, "nodepools", "nodeclaims"),
    _rule("karpenter.k8s.aws", _FREE, "ec2nodeclasses"),
    _rule("monitoring.coreos.com", _FREE, "prometheuses", "alertmanagers"),
    _rule("sparkoperator.k8s.io", _FREE, "sparkapplications", "scheduledsparkapplications"),
)
"""It reads no Secret, and makes nothing."""
