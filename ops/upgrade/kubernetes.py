"""Kubernetes: the step of the control plane, what the nodes may lag behind it, and what EKS itself says."""

from __future__ import annotations

import re

from ops.checks import Findings, failure, not_checked, ok, verdict, warning
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import Change, change, parse, step
from settings import load_releases

# https://kubernetes.io/releases/version-skew-policy/: kubelet; kubectl.
KUBELET_LAG = 3
KUBECTL_SKEW = 1
_INSIGHTS = {"PASSING": "passes", "WARNING": "warns", "ERROR": "fails", "UNKNOWN": "does not know"}


def version(upgrade: Upgrade) -> Findings:
    """One minor version at a time, and never back."""
    before, after = upgrade.before.kubernetes, upgrade.after.kubernetes
    check, told, kind = "Kubernetes", step(before, after), change(before, after)
    if kind is Change.NONE:
        yield ok(check, f"{told}, unchanged")
    elif kind is Change.DOWN:
        yield failure(
            check,
            f"{told}: a step back, which an update of an EKS cluster by CloudFormation is not",
            f"Set cluster.kubernetes_version to {before}, or a later one.",
        )
    elif _minor(after) - _minor(before) > 1 or kind is Change.MAJOR:
        yield failure(
            check,
            f"{told}: {_minor(after) - _minor(before)} minor versions at once, and EKS takes one at a time",
            f"Deploy first with --context cluster.kubernetes_version={_next(before)}",
        )
    else:
        yield ok(check, f"{told}: one minor version; the control plane first, then the node group, node by node")


def nodes(upgrade: Upgrade) -> Findings:
    """Kubelets may be older than the control plane, within limits, and never newer."""
    after = upgrade.after.kubernetes
    faults = []
    for name, node in upgrade.before.nodes.items():
        lag = _minor(after) - _minor(node)
        if lag < 0:
            faults.append(f"{name} runs {node}, newer than the control plane")
        elif lag > KUBELET_LAG:
            faults.append(f"{name} runs {node}, {lag} minor versions behind {after}")
    if upgrade.before.nodes:
        seen = ", ".join(sorted(set(upgrade.before.nodes.values()), key=parse))
        yield verdict(
            "node versions",
            f"{len(upgrade.before.nodes)} looked at, on {seen}: within {KUBELET_LAG} minor versions of {after}",
            faults=faults,
            advice=f"A kubelet is at most {KUBELET_LAG} minor versions behind. Replace these nodes before you deploy.",
        )
    if upgrade.before.unknown_nodes:
        yield not_checked("nodes of Karpenter", upgrade.before.unknown_nodes, "Karpenter replaces them as they drift.")


def kubectl_layer(upgrade: Upgrade) -> Findings:
    """The tools of the deployment's own function."""
    after, releases = upgrade.after.kubernetes, load_releases().kubernetes
    layer = releases.versions[after].kubectl_layer
    found = re.search(r"v(\d+)$", layer)
    skew = abs(int(found[1]) - _minor(after)) if found else None
    if skew is None:
        yield not_checked("kubectl", f"{layer} does not say its version")
    elif skew > KUBECTL_SKEW:
        told = f"{layer} is {skew} minor versions from {after}, kubectl works within {KUBECTL_SKEW}"
        yield failure("kubectl", told, f"Give {after} its own layer in settings/releases.yaml.")
    elif skew:
        yield warning("kubectl", f"{layer} is of another minor version than {after}", "Use the layer of the same.")
    else:
        yield ok("kubectl", f"{layer}, of the same minor version")


def insights(upgrade: Upgrade) -> Findings:
    """What EKS has found in the cluster that stands in the way: removed APIs in use, skew, its health.

    Raises NotCheckedError where there is no deployment to ask.
    """
    before, after = upgrade.before.kubernetes, upgrade.after.kubernetes
    if change(before, after) is Change.NONE:
        yield ok("EKS upgrade insights", "not asked: Kubernetes is unchanged")
        return
    live = upgrade.deployment
    found = live.aws.pages(
        "eks",
        "list_insights",
        "insights",
        clusterName=live.stack.output("ClusterName"),
        filter={"categories": ["UPGRADE_READINESS"], "kubernetesVersions": [after]},
    )
    for insight in found:
        state = insight["insightStatus"]
        check, told = f"EKS: {insight['name']}", f"{_INSIGHTS.get(state['status'], state['status'])}"
        told = f"{told}: {state['reason']}" if state.get("reason") else told
        advice = f"aws eks describe-insight --region {live.aws.region} --id {insight['id']} --cluster-name …"
        if state["status"] == "ERROR":
            yield failure(check, told, advice)
        elif state["status"] == "PASSING":
            yield ok(check, told)
        else:
            yield warning(check, told, advice)


def _minor(version: str) -> int:
    return parse(version).minor


def _next(version: str) -> str:
    parsed = parse(version)
    return f"{parsed.major}.{parsed.minor + 1}"
