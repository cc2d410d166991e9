"""Namespaces: with the pod security standard that they enforce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import cdk8s
import cdk8s_plus_27 as kplus

from constructs import Construct

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace in which people's own pods run: who is refused hears why, and so does who tries."""


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
