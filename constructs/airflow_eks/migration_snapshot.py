"""A snapshot of the database before another Airflow migrates it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws, CustomResource, Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds

from airflow_eks.iam import allow
from airflow_eks.program import Program
from constructs import Construct

# The longest that a function may run, and the longest that CloudFormation waits: one invocation asks another to go on.
_TIMEOUT = Duration.minutes(15)
_PATIENCE = Duration.hours(1)


class MigrationSnapshot(Construct):
    """A function that takes a snapshot where Airflow's image changes, and what it may do.

    Whatever migrates the database comes after it. It is there in every deployment, so that what it took is known when
    all of it goes: with the database, or not, as ``removed`` says.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        cluster: rds.IDatabaseCluster,
        image: str,
        version: str,
        kept: int,
        removed: bool,
        root_stack: str,
        tags: Mapping[str, str],
        via_rds: str,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        snapshots = f"arn:{Aws.PARTITION}:rds:{Aws.REGION}:{Aws.ACCOUNT_ID}:cluster-snapshot"
        # Those that the function takes: their names begin so.
        ours = f"{snapshots}:{cluster.cluster_identifier}-before-*"
        program = Program(
            self,
            "Program",
            module="snapshot",
            description=f"Takes a snapshot of the database of {name} before a migration",
            environment={"ROOT_STACK": root_stack},
            timeout=_TIMEOUT,
            statements=[
                allow("SeeTheseStacks", ["cloudformation:DescribeStacks"], [Aws.STACK_ID, root_stack]),
                # RDS asks for this permission on all snapshots, of whichever cluster they are looked for.
                allow("FindSnapshots", ["rds:DescribeDBClusterSnapshots"], [cluster.cluster_arn, f"{snapshots}:*"]),
                allow("TakeSnapshot", ["rds:CreateDBClusterSnapshot"], [cluster.cluster_arn, ours]),
                allow("TagAndDeleteSnapshots", ["rds:AddTagsToResource", "rds:DeleteDBClusterSnapshot"], [ours]),
                allow(
                    "EncryptSnapshot",
                    ["kms:CreateGrant", "kms:DescribeKey"],
                    [key.key_arn],
                    {
                        "StringEquals": {"kms:ViaService": via_rds},
                        "BoolIfExists": {"kms:GrantIsForAWSResource": "true"},
                    },
                ),
            ],
            key=key,
        )
        goes_on = program.allow(
            self, "GoesOn", [allow("AskAnotherInvocation", ["lambda:InvokeFunction"], [program.arn])]
        )
        self.taken = CustomResource(
            self,
            "Taken",
            service_token=program.arn,
            resource_type="Custom::MigrationSnapshot",
            service_timeout=_PATIENCE,
            properties={
                "Cluster": cluster.cluster_identifier,
                "Image": image,
                "Version": version,
                "Kept": str(kept),
                "Removed": "true" if removed else "false",
                "Tags": [{"Key": tag, "Value": value} for tag, value in tags.items()],
            },
        )
        self.taken.node.add_dependency(goes_on)
