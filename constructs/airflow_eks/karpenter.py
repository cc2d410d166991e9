"""Karpenter's AWS side: its identity, the role of its nodes, and the queue of interruptions."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from airflow_eks.iam import allow
from airflow_eks.node_group import node_role
from airflow_eks.pod_identity import PodIdentity
from constructs import Construct

_NODE_POOL_TAG = "karpenter.sh/nodepool"

# https://karpenter.sh/docs/reference/cloudformation/#interruption-handling
_INTERRUPTIONS = {
    "ScheduledChange": ("aws.health", "AWS Health Event"),
    "SpotInterruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "Rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "StateChange": ("aws.ec2", "EC2 Instance State-change Notification"),
}


class Karpenter(Construct):
    """All that Karpenter needs of AWS.

    The instance profile is the application's own: Karpenter makes none, so on the way out no finalizer waits for IAM.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: eks.ICluster,
        cluster_name: str,
        namespace: str,
        service_account: str,
        region: str,
        pass_role_services: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self.node_role = node_role(self, "NodeRole", description=f"Nodes that Karpenter starts for {cluster_name}")
        self.instance_profile = iam.InstanceProfile(self, "InstanceProfile", role=self.node_role)
        # A node of EC2 joins the cluster by an access entry; for a managed node group EKS makes it itself.
        self.access_entry = eks.CfnAccessEntry(
            self,
            "NodeAccess",
            cluster_name=cluster.cluster_name,
            principal_arn=self.node_role.role_arn,
            type="EC2_LINUX",
        )
        self.queue = sqs.Queue(
            self,
            "Interruptions",
            # A warning of a spot interruption is two minutes old at most when it is still of use.
            retention_period=Duration.minutes(5),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        rules = {
            id_rule: events.Rule(
                self,
                id_rule,
                description=f"{detail_type}, for Karpenter of {cluster_name}",
                event_pattern=events.EventPattern(source=[source], detail_type=[detail_type]),
                targets=[targets.SqsQueue(self.queue)],
            )
            for id_rule, (source, detail_type) in _INTERRUPTIONS.items()
        }
        self.spot_rule = rules["SpotInterruption"].rule_name
        """The rule that sees every warning of spot capacity that is taken back."""
        self.identity = PodIdentity(
            self,
            "Identity",
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            description=f"Karpenter of {cluster_name}",
            statements=_statements(
                cluster_name=cluster_name,
                region=region,
                node_role_arn=self.node_role.role_arn,
                pass_role_services=pass_role_services,
                queue_arn=self.queue.queue_arn,
                cluster_arn=cluster.cluster_arn,
                instance_profile_arn=self.instance_profile.instance_profile_arn,
            ),
        )


def _statements(
    *,
    cluster_name: str,
    region: str,
    node_role_arn: str,
    pass_role_services: Sequence[str],
    queue_arn: str,
    cluster_arn: str,
    instance_profile_arn: str,
) -> list[iam.PolicyStatement]:
    """Karpenter's published controller policy, without the parts for instance profiles, which the CDK makes.

    https://karpenter.sh/docs/reference/cloudformation/#controller-authorization
    """
    owned = {
        f"aws:RequestTag/kubernetes.io/cluster/{cluster_name}": "owned",
        "aws:RequestTag/eks:eks-cluster-name": cluster_name,
    }
    pooled = {f"aws:RequestTag/{_NODE_POOL_TAG}": "*"}
    made = {f"aws:ResourceTag/kubernetes.io/cluster/{cluster_name}": "owned"}
    made_pooled = {f"aws:ResourceTag/{_NODE_POOL_TAG}": "*"}

    def ec2(*kinds: str) -> list[str]:
        # Ids are given by EC2 when a thing is made: what is asked for is tags, in the conditions.
        return [f"arn:{Aws.PARTITION}:ec2:{region}:*:{kind}/*" for kind in kinds]

    return [
        allow(
            "UseImagesAndNetwork",
            ["ec2:RunInstances", "ec2:CreateFleet"],
            [
                *ec2("security-group", "subnet", "capacity-reservation"),
                f"arn:{Aws.PARTITION}:ec2:{region}::image/*",
                f"arn:{Aws.PARTITION}:ec2:{region}::snapshot/*",
            ],
        ),
        allow(
            "UseOwnLaunchTemplates",
            ["ec2:RunInstances", "ec2:CreateFleet"],
            ec2("launch-template"),
            {"StringEquals": made, "StringLike": made_pooled},
        ),
        allow(
            "MakeTaggedInstances",
            ["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
            ec2("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request"),
            {"StringEquals": owned, "StringLike": pooled},
        ),
        allow(
            "TagWhatIsMade",
            ["ec2:CreateTags"],
            ec2("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request"),
            {
                "StringEquals": {
                    **owned,
                    "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
                },
                "StringLike": pooled,
            },
        ),
        allow(
            "TagOwnInstances",
            ["ec2:CreateTags"],
            ec2("instance"),
            {
                "StringEquals": made,
                "StringLike": made_pooled,
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]
                },
            },
        ),
        allow(
            "DeleteOwnInstances",
            ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
            ec2("instance", "launch-template"),
            {"StringEquals": made, "StringLike": made_pooled},
        ),
        allow(
            "ReadInstanceOffers",
            [
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceStatus",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribePlacementGroups",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
            ],
            # EC2's Describe actions take no resource.
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": region}},
        ),
        allow("ReadImageIds", ["ssm:GetParameter"], [f"arn:{Aws.PARTITION}:ssm:{region}::parameter/aws/service/*"]),
        # The price list takes no resource.
        allow("ReadPrices", ["pricing:GetProducts"], ["*"]),
        allow(
            "ReadInterruptions",
            ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            [queue_arn],
        ),
        allow(
            "GiveNodesTheirRole",
            ["iam:PassRole"],
            [node_role_arn],
            {"StringEquals": {"iam:PassedToService": list(pass_role_services)}},
        ),
        allow("ReadInstanceProfile", ["iam:GetInstanceProfile"], [instance_profile_arn]),
        # Takes no resource; Karpenter looks for profiles that it made itself, of which there are none.
        allow("ListInstanceProfiles", ["iam:ListInstanceProfiles"], ["*"]),
        allow("ReadCluster", ["eks:DescribeCluster"], [cluster_arn]),
    ]
