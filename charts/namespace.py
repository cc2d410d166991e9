"""Namespaces: with the pod security standard that they enforce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import cdk8s
import cdk8s_plus_27 as kplus

from constructs import Construct


def namespace(
    scope: Construct,
    *,
    name: str,
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted",
    labels: Mapping[str, str] | None = None,
) -> kplus.Namespace:
    """A namespace in which the API server takes no pod below this standard.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """
    return kplus.Namespace(
        scope,
        "namespace",
        metadata=cdk8s.ApiObjectMetadata(
            name=name, labels={"pod-security.kubernetes.io/enforce": pod_security, **(labels or {})}
        ),
    )
