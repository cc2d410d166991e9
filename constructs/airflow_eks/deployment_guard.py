"""Protects a deployment that was made, and lets one go that could not be made."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, CustomResource, Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3

from airflow_eks.iam import allow
from airflow_eks.ordering import order
from airflow_eks.program import Program
from constructs import Construct, IDependable

# It asks ten minutes long for a database that is being changed.
_TIMEOUT = Duration.minutes(12)


class DeploymentGuard(Construct):
    """The first to come: a function that asks the root stack whether its first deployment is being rolled back.

    CloudFormation takes back what it made when a first deployment fails. Three things would be in the way: the deletion
    protection of the database, what Airflow had begun to write, and the stack's termination protection, which keeps the
    next `cdk deploy` from deleting the empty stack that is left. So the first is switched on when all else is there,
    and the others give way in that roll-back alone. A deployment that was made once keeps what it holds.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        self._program = Program(
            self,
            "Program",
            module="guard",
            description=f"Guards the deployment {name}: deletion protection, and the way back",
            environment={"ROOT_STACK": Aws.STACK_ID},
            timeout=_TIMEOUT,
            statements=[
                allow(
                    "SeeAndFreeThisStack",
                    ["cloudformation:DescribeStacks", "cloudformation:UpdateTerminationProtection"],
                    [Aws.STACK_ID],
                )
            ],
            key=key,
        )
        self.ready: IDependable = self._ask(self, "TerminationProtection", {"Action": "TerminationProtection"})
        """From here on a deployment that fails can be taken back."""

    def protect_database(
        self, cluster: rds.IDatabaseCluster, *, protected: bool, after: Sequence[IDependable]
    ) -> CustomResource:
        """The last to come, after all of these: until then nothing keeps a database from being deleted again."""
        policy = self._program.allow(
            self,
            "DatabasePolicy",
            [allow("ProtectDatabase", ["rds:ModifyDBCluster"], [cluster.cluster_arn])],
        )
        asked = self._ask(
            self,
            "DatabaseProtection",
            {
                "Action": "DatabaseProtection",
                "Cluster": cluster.cluster_identifier,
                "Protected": "true" if protected else "false",
            },
        )
        asked.node.add_dependency(policy, *after)
        return asked

    def empty_bucket_after_failure(self, scope: Construct, id_: str, *, bucket: s3.Bucket) -> None:
        """Empty a bucket that is to be kept, should the first deployment fail: only an empty one can be deleted."""
        policy = self._program.allow(
            scope,
            f"{id_}Policy",
            [
                allow("ListBucket", ["s3:ListBucket"], [bucket.bucket_arn]),
                # All that is in it, whatever its name.
                allow("EmptyBucket", ["s3:DeleteObject"], [bucket.arn_for_objects("*")]),
            ],
        )
        asked = self._ask(scope, id_, {"Action": "EmptyBucket", "Bucket": bucket.bucket_name})
        asked.node.add_dependency(policy)

    def make_way(self, scope: Construct, id_: str, *, log_group: logs.ILogGroup, name: str) -> None:
        """Before a log group whose name AWS prescribes: take away what the service made by itself after it was gone."""
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
        policy = self._program.allow(
            scope,
            f"{id_}Policy",
            [
                # CloudWatch Logs asks for this permission on all groups, whichever are looked for.
                allow("FindLogGroup", ["logs:DescribeLogGroups"], [f"{groups}:*"]),
                # The end is for the streams of this one group.
                allow("TakeLeftoverAway", ["logs:DescribeLogStreams", "logs:DeleteLogGroup"], [f"{groups}:{name}:*"]),
            ],
        )
        asked = self._ask(scope, id_, {"Action": "MakeWay", "LogGroup": name})
        asked.node.add_dependency(policy)
        order(log_group, after=asked)

    def _ask(self, scope: Construct, id_: str, properties: dict[str, str]) -> CustomResource:
        return CustomResource(
            scope,
            id_,
            service_token=self._program.arn,
            resource_type=f"Custom::{properties['Action']}",
            service_timeout=_TIMEOUT,
            properties=properties,
        )
