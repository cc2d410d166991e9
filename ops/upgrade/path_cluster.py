"""Steps of the cluster: control plane, add-ons, the managed nodes, and Karpenter's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.upgrade.step import Changed, Differences, Step
from ops.upgrade.versions import Change, change, step

_ADDON = "AWS::EKS::Addon"
_LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
_NODE_GROUP = "AWS::EKS::Nodegroup"
# EKS takes a node after this long, whatever a disruption budget holds:
# https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
_DRAIN_MINUTES = 15

# What of the platform notices that an add-on is replaced.
_NOTICED = {
    "vpc-cni": "nothing that runs; a new pod waits for its address until the agent of its node is back",
    "kube-proxy": "nothing that runs; changes of Services reach a node some seconds later",
    "eks-pod-identity-agent": "nothing that has credentials; a new pod waits for them some seconds",
    "coredns": "nothing, one of its pods is always there",
    "aws-ebs-csi-driver": "no volume that is attached; others wait until the driver is back",
    "aws-efs-csi-driver": "reads of DAG files wait some seconds on a node whose mount helper starts again",
    "amazon-cloudwatch-observability": "metrics, for a minute",
}
NETWORKING = frozenset({"vpc-cni", "kube-proxy", "eks-pod-identity-agent"})
"""Those that a node needs to become ready, and that come before the nodes."""


def control_plane(differences: Differences) -> Iterator[Step]:
    """EKS itself, one minor version."""
    before, after = differences.upgrade.before.kubernetes, differences.upgrade.after.kubernetes
    if change(before, after) is Change.NONE:
        return
    yield Step(
        name="control plane",
        happens=f"EKS {step(before, after)}: its API servers are replaced one by one",
        stops="nothing that runs; a watch of a controller's breaks and is made anew",
        longest="what EKS takes, some minutes; AWS names no limit",
        back=f"none by a deployment: the cluster stays at {after}, whatever fails after it. Go on to {after}",
        goes_back=False,
    )


def networking_addons(differences: Differences) -> Iterator[Step]:
    """What a node needs; before the nodes."""
    yield from _addons(differences, "add-ons of the network", networking=True)


def addons(differences: Differences) -> Iterator[Step]:
    """What runs on nodes; after them, since in a first deployment there would be none to run on."""
    yield from _addons(differences, "other add-ons", networking=False)


def node_group(differences: Differences) -> Iterator[Step]:
    """The managed nodes, with the controllers on them."""
    template = any(differences.changed(_LAUNCH_TEMPLATE))
    for group in differences.pairs(_NODE_GROUP):
        names = group.names & {"Version", "ReleaseVersion"}
        if not names and not template and "LaunchTemplate" not in group.names:
            continue
        told = ", ".join(_step(group, name) for name in sorted(names)) or "another launch template"
        nodes = int(group.after.get("ScalingConfig", {}).get("DesiredSize", 0))
        yield Step(
            name="managed nodes",
            happens=f"{told}: a new node first, then an old one is drained, one at a time",
            stops="controllers and CoreDNS move, within their disruption budgets; no task runs there",
            longest=f"{nodes} times {_DRAIN_MINUTES} minutes, when a pod goes by force, and the start of each node"
            if nodes
            else f"{_DRAIN_MINUTES} minutes for each node, and its start",
            back="none: EKS takes a node group to no older version or release. Go on, to a newer one"
            if names
            else "deploy the older settings: the nodes are replaced once more",
            goes_back=not names,
        )


def karpenter_nodes(differences: Differences) -> Iterator[Step]:
    """Drift: Karpenter compares each node with its class."""
    upgrade = differences.upgrade
    minor = change(upgrade.before.kubernetes, upgrade.after.kubernetes) is not Change.NONE
    if not minor and not differences.has_object("EC2NodeClass"):
        return
    count = sum(name.startswith("node ") and not name.startswith("node group ") for name in upgrade.before.nodes)
    seen = f" ({count} nodes of any kind now)" if count else ""
    yield Step(
        name="Karpenter's nodes",
        happens=f"nodes of another image than their class has now are replaced{seen}: those of Airflow's services one "
        "at a time, those of workers and of Spark when they are empty",
        stops="pods of services move, within their disruption budgets; no task is ended",
        longest="the deployment does not wait for it; a node lives 14 days, and is drained then: a worker on it has "
        f"{_hours(differences)} to end its tasks",
        back="none to an older Kubernetes" if minor else "deploy the older image: nodes drift to it in the same way",
        goes_back=not minor,
    )


def _addons(differences: Differences, name: str, *, networking: bool) -> Iterator[Step]:
    found = [
        each
        for each in differences.changed(_ADDON)
        if (each.after.get("AddonName") in NETWORKING) is networking and each.names - {"Tags"}
    ]
    if found:
        yield Step(
            name=name,
            happens=f"{'; '.join(map(_addon, found))}: EKS rolls each out, all at once",
            stops=_noticed(found),
            longest="what EKS takes, some minutes each; CloudFormation waits until each is active",
            back="deploy the older version: EKS takes it where it offers it for the cluster's Kubernetes",
        )


def _addon(addon: Changed) -> str:
    name = str(addon.after.get("AddonName"))
    if "AddonVersion" in addon.names:
        return f"{name} {_step(addon, 'AddonVersion')}"
    return f"{name} with another configuration"


def _noticed(found: Sequence[Changed]) -> str:
    told = {str(each.after.get("AddonName")): "" for each in found}
    named = [f"{name}: {_NOTICED[name]}" for name in told if name in _NOTICED]
    return "; ".join(named) or "nothing that runs"


def _step(changed: Changed, name: str) -> str:
    before, after = changed.before.get(name), changed.after.get(name)
    return f"{before or 'what EKS chose'} → {after or 'what EKS chooses'}"


def _hours(differences: Differences) -> str:
    hours = differences.upgrade.longest_task_hours
    return f"{hours} hours" if hours else "the time of airflow.workers.longest_task_hours"
