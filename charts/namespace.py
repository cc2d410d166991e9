"""Namespaces: with the pod security standard that they enforce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from charts.objects import kube_object
from constructs import Construct

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace in which people's own pods run: who is refused hears why, and so does who tries."""


def namespace(
    scope: Construct,
    *,
    name: str,
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted",
    labels: Mapping[str, str] | None = None,
) -> Construct:
    """A namespace in which the API server takes no pod below this standard.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """
    enforced = {"pod-security.kubernetes.io/enforce": pod_security, **(labels or {})}
    # Around it, for cdk8s orders a chart by what depends on constructs: the order of creation is part of a deployment.
    home = Construct(scope, "namespace")
    kube_object(home, "Resource", kind="Namespace", name=name, labels=enforced, spec={})
    return home
