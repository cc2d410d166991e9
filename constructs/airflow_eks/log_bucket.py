"""The bucket for Airflow's task logs: Amazon S3."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks.private_bucket import private_bucket
from constructs import Construct


class LogBucket(Construct):
    """Private, encrypted, TLS only; logs expire by themselves."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        expiration_days: int,
        removal_policy: RemovalPolicy,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self.bucket = private_bucket(
            self,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="Expire",
                    expiration=Duration.days(expiration_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=removal_policy,
            key=key,
        )
