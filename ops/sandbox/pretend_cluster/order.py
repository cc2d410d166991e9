"""What has to be there before, and gone after, what: the rules of a real cluster that a wrong order would break."""

from __future__ import annotations

from ops.sandbox.pretend_cluster.state import Cluster, RefusedError, Thing

RELEASE = "Release"

_ALWAYS_THERE = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})

_BUILT_IN = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)

# Which releases bring the kinds of an API group, and which run the controllers that finish their deletion.
_KINDS_FROM = {
    "elbv2.k8s.aws": "aws-load-balancer-controller",
    "external-secrets.io": "external-secrets",
    "karpenter.k8s.aws": "karpenter-crd",
    "karpenter.sh": "karpenter-crd",
    "monitoring.coreos.com": "prometheus-operator-crds",
    "keda.sh": "keda",
    "sparkoperator.k8s.io": "spark-operator",
}
_CONTROLLED_BY = {**_KINDS_FROM, "karpenter.k8s.aws": "karpenter", "karpenter.sh": "karpenter"}

# Which releases hold objects that another one's controller has to finish: Airflow's ingress and its scalers.
_RELEASES_THAT_USE = {"aws-load-balancer-controller": "airflow", "keda": "airflow"}


def controller_of(thing: Thing) -> str | None:
    """The release whose controller has to finish a thing's deletion."""
    return _CONTROLLED_BY.get(thing.group)


def check_creation(cluster: Cluster, thing: Thing) -> None:
    """Raise RefusedError where an API server would refuse to make this."""
    if thing.namespace and not has_namespace(cluster, thing.namespace):
        raise RefusedError(f'Error from server (NotFound): namespaces "{thing.namespace}" not found, for {thing.label}')
    if thing.kind == RELEASE or thing.group in _BUILT_IN:
        return
    release = _KINDS_FROM.get(thing.group)
    if release is None:
        raise RefusedError(
            f"the sandbox does not know which chart brings the kinds of {thing.group}, for {thing.label}"
        )
    if cluster.find(RELEASE, release) is None:
        raise RefusedError(
            f'no matches for kind "{thing.kind}" in {thing.group}: the release {release} is not installed'
        )


def check_deletion(cluster: Cluster, thing: Thing) -> None:
    """Raise RefusedError where deleting this now would hang, fail, or take something else with it."""
    if thing.kind == "Namespace":
        _nothing_left(thing, [other for other in cluster.things if other.namespace == thing.name])
    elif thing.kind == RELEASE:
        groups = {group for table in (_KINDS_FROM, _CONTROLLED_BY) for group in table if table[group] == thing.name}
        users = _RELEASES_THAT_USE.get(thing.name)
        _nothing_left(
            thing,
            [
                other
                for other in cluster.things
                if other.group in groups or (other.kind == RELEASE and other.name == users)
            ],
        )
    elif thing.group in _CONTROLLED_BY and cluster.find(RELEASE, _CONTROLLED_BY[thing.group]) is None:
        raise RefusedError(
            f"{thing.label} is deleted after its controller, {_CONTROLLED_BY[thing.group]}: it would hang"
        )


def has_namespace(cluster: Cluster, name: str) -> bool:
    """Whether a namespace is there."""
    return name in _ALWAYS_THERE or cluster.find("Namespace", name) is not None


def _nothing_left(thing: Thing, others: list[Thing]) -> None:
    if others:
        raise RefusedError(f"{thing.label} is deleted before {', '.join(other.label for other in others)}")
