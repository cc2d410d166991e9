"""The token that an EKS cluster takes: a signed request to STS, as ``aws eks get-token`` makes it."""

from __future__ import annotations

import base64
from typing import Any

from ops.aws import Aws

_PREFIX = "k8s-aws-v1."
_HEADER = "x-k8s-aws-id"
# The signature itself says a minute; EKS takes the token for a quarter of an hour.
_EXPIRES_SECONDS = 60


def cluster_token(aws: Aws, cluster: str) -> str:
    """A token for one cluster, made without a call: the cluster makes the call, and so learns who it is."""
    # A client of its own, because the header belongs to no other request.
    sts = aws.session.client("sts", region_name=aws.region)

    def add_header(request: Any, **_: Any) -> None:
        request.headers[_HEADER] = cluster

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", add_header)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=_EXPIRES_SECONDS, HttpMethod="GET")
    return _PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
