"""What Spark may do in its bucket: a team with its own prefixes, the History Server with all event logs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from airflow_eks.iam import allow, decrypt, use_key


def team_statements(*, bucket_arn: str, key_arn: str, prefixes: Sequence[str]) -> list[iam.PolicyStatement]:
    """Read and write what is under these prefixes."""
    return [
        allow("ListOwnFiles", ["s3:ListBucket"], [bucket_arn], {"StringLike": {"s3:prefix": _below(prefixes)}}),
        allow(
            "UseOwnFiles",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [f"{bucket_arn}/{prefix}/*" for prefix in prefixes],
        ),
        use_key(key_arn),
    ]


def history_statements(*, bucket_arn: str, key_arn: str, prefix: str) -> list[iam.PolicyStatement]:
    """Read what is under this prefix."""
    return [
        allow("ListEventLogs", ["s3:ListBucket"], [bucket_arn], {"StringLike": {"s3:prefix": _below([prefix])}}),
        allow("ReadEventLogs", ["s3:GetObject"], [f"{bucket_arn}/{prefix}/*"]),
        decrypt(key_arn),
    ]


def _below(prefixes: Sequence[str]) -> list[str]:
    """Each folder itself, as a client asks for it, with or without its slash, and what is in it."""
    return [pattern for prefix in prefixes for pattern in (prefix, f"{prefix}/*")]
