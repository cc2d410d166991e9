"""What all buckets of the platform have in common: Amazon S3."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks.log_groups import own_handler_log_group
from constructs import Construct


def private_bucket(
    scope: Construct,
    *,
    lifecycle_rules: Sequence[s3.LifecycleRule],
    removal_policy: RemovalPolicy,
    key: kms.IKey,
) -> s3.Bucket:
    """Make a bucket that is private, encrypted, TLS only; what is to be destroyed is emptied first."""
    emptied = removal_policy == RemovalPolicy.DESTROY
    bucket = s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        # One data key per bucket and hour instead of one per file.
        bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=list(lifecycle_rules),
        removal_policy=removal_policy,
        auto_delete_objects=emptied,
    )
    if emptied:
        own_handler_log_group(scope, provider="Custom::S3AutoDeleteObjectsCustomResourceProvider", key=key)
    return bucket
