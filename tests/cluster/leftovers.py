"""What a cluster has, object by object: to see what a deletion left behind.

Left out is what a cluster makes and forgets by itself all the time: events, leases, metrics, and what hangs on another
object that is counted (pods, endpoints, revisions).
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.cluster.kube import Kube
from tests.cluster.stand_ins.webhook import TRUST

_BY_ITSELF = (
    "events",
    "leases",
    "pods",
    "endpoints",
    "endpointslices",
    "controllerrevisions",
    "replicasets",
    "componentstatuses",
    "csinodes",
    "ipaddresses",
    "nodes",
)

STAY = (
    "elbv2.k8s.aws",
    "aga.k8s.aws",
    "gateway.k8s.aws",
    "sparkoperator.k8s.io",
)
"""Groups whose definitions Helm never deletes, since their chart has them in ``crds/`` (docs/destroy.md)."""


def everything(kube: Kube) -> frozenset[str]:
    """``kind namespace/name`` of each object."""
    kinds = kube.kubectl("api-resources", "--verbs=list", "--output=name", check=False).split()
    asked = [kind for kind in kinds if kind.partition(".")[0] not in _BY_ITSELF and not kind.endswith("metrics.k8s.io")]
    columns = "custom-columns=K:.kind,S:.metadata.namespace,N:.metadata.name"
    # One that is about to go may be asked for and be gone: what kubectl says of it is no matter, and no list is cut.
    listed = kube.kubectl(
        "get", ",".join(asked), "--all-namespaces", "--no-headers", "--ignore-not-found", f"--output={columns}"
    )
    # The trust of the tests' own authority comes with the first pod of a namespace, and goes with the session.
    rows = (line.split() for line in listed.splitlines() if line.strip())
    return frozenset(
        f"{kind} {namespace}/{name}".replace("<none>/", "") for kind, namespace, name in rows if name != TRUST
    )


def without_what_stays(found: Iterable[str]) -> list[str]:
    """What nobody said would stay."""
    return sorted(
        one
        for one in found
        # What the session's own stand-ins make goes when they end.
        if "aws-stand-ins" not in one
        and not (one.split()[0] in ("CustomResourceDefinition", "APIService") and one.endswith(STAY))
    )
