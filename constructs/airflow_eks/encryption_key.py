"""The deployment's key: one customer managed key that encrypts everything at rest."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from constructs import Construct

# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
_PUBLISHERS = ("cloudwatch", "budgets", "events.rds")
_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


class EncryptionKey(Construct):
    """A symmetric key that rotates every year.

    The account's own IAM policies decide who uses it. Some services need more, because they act for nobody in the
    account: CloudWatch Logs, those that publish alarms, and Amazon EC2, which encrypts the volumes of nodes that a
    service-linked role starts.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, region: str, dns_suffix: str, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id_)
        log_groups = f"arn:{Aws.PARTITION}:logs:{region}:{Aws.ACCOUNT_ID}:log-group:*"
        key = kms.Key(
            self,
            "Key",
            description=f"Data of the Airflow deployment {name}",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudWatchLogs",
                principals=[iam.ServicePrincipal(f"logs.{region}.{dns_suffix}")],
                actions=_USE,
                # In a key policy "*" is the key itself.
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            )
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="VolumesOfNodes",
                # Whoever starts an instance in this account, through EC2 alone: as with the AWS managed key aws/ebs.
                principals=[iam.AnyPrincipal()],
                actions=[*_USE, "kms:CreateGrant"],
                resources=["*"],
                conditions={
                    "StringEquals": {
                        "kms:CallerAccount": Aws.ACCOUNT_ID,
                        "kms:ViaService": f"ec2.{region}.{dns_suffix}",
                    }
                },
            )
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmTopic",
                # They publish to the topic of alarms, which this key encrypts, and act for nobody in the account.
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com") for service in _PUBLISHERS],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        # A reference, because constructs that are given a key of this application add statements to its policy: for
        # principals that IAM lets in already, and with service names that do not exist in China.
        self.key = kms.Key.from_key_arn(self, "Reference", key.key_arn)
