"""The bucket for Airflow's task logs: Amazon S3."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks.log_groups import own_handler_log_group
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
        emptied = removal_policy == RemovalPolicy.DESTROY
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            # One data key per bucket and hour instead of one per log file.
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="Expire",
                    expiration=Duration.days(expiration_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=removal_policy,
            auto_delete_objects=emptied,
        )
        if emptied:
            own_handler_log_group(self, provider="Custom::S3AutoDeleteObjectsCustomResourceProvider", key=key)
