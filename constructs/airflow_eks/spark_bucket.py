"""Spark's bucket: the teams' event logs, which expire, and their own files, which do not."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks.private_bucket import private_bucket
from constructs import Construct


class SparkBucket(Construct):
    """One for all teams: what each may reach are its own prefixes."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        event_log_prefix: str,
        event_log_expiration_days: int,
        removal_policy: RemovalPolicy,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self.bucket = private_bucket(
            self,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="ExpireEventLogs",
                    prefix=f"{event_log_prefix}/",
                    expiration=Duration.days(event_log_expiration_days),
                ),
                # What an executor that went with its node had begun to write.
                s3.LifecycleRule(id="AbortUploads", abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
            removal_policy=removal_policy,
            key=key,
        )
