"""IAM statements, short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    """An Allow statement. ``sid`` says what the permission is for: it is what a reader of the template sees."""
    return iam.PolicyStatement(
        sid=sid, actions=list(actions), resources=list(resources), conditions=dict(conditions) if conditions else None
    )


def use_key(key_arn: str) -> iam.PolicyStatement:
    """Read and write what is encrypted with this key."""
    return allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn])


def decrypt(key_arn: str) -> iam.PolicyStatement:
    """Read what is encrypted with this key."""
    return allow("Decrypt", ["kms:Decrypt"], [key_arn])


def use_key_of_repository(key_arn: str, *, via: str) -> iam.PolicyStatement:
    """Pull from a repository of AWS CodeCommit that is encrypted with this key, which CodeCommit uses for who pulls.

    A pull needs the whole set: https://docs.aws.amazon.com/codecommit/latest/userguide/encryption.html
    """
    return allow(
        "UseKeyOfRepository",
        [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        [key_arn],
        {"StringEquals": {"kms:ViaService": via}},
    )
