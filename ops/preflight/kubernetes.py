"""EKS: whether it offers the Kubernetes version, and the add-ons for it on arm64."""

from __future__ import annotations

from ops.checks import Findings, failure, ok, warning
from ops.preflight.subject import Preflight
from settings.addons import addon_switches

# What EKS installs, by the name of its switch. A test compares it with the catalogue, which nothing here may import.
ADDONS = {
    "vpc_cni": "vpc-cni",
    "kube_proxy": "kube-proxy",
    "coredns": "coredns",
    "pod_identity_agent": "eks-pod-identity-agent",
    "ebs_csi_driver": "aws-ebs-csi-driver",
    "efs_csi_driver": "aws-efs-csi-driver",
    "snapshot_controller": "snapshot-controller",
    "node_monitoring_agent": "eks-node-monitoring-agent",
    "container_insights": "amazon-cloudwatch-observability",
}


def kubernetes_version(subject: Preflight) -> Findings:
    """The version, and how long AWS supports it."""
    version, eks = subject.settings.cluster.kubernetes_version, subject.aws.client("eks")
    offered = {
        each["clusterVersion"]: each
        for each in subject.aws.pages("eks", "describe_cluster_versions", "clusterVersions", includeAll=True)
    }
    name, described = f"Kubernetes {version}", offered.get(version)
    supported = sorted(each for each, found in offered.items() if _state(found) == "STANDARD_SUPPORT")
    advice = f"Give --context cluster.kubernetes_version=… with one of: {', '.join(supported) or 'none'}"
    if described is None or _state(described) == "UNSUPPORTED":
        yield failure(name, f"not offered in {eks.meta.region_name}", advice)
        return
    end = described.get("endOfStandardSupportDate")
    until = f" until {end:%Y-%m-%d}" if end else ""
    if _state(described) == "EXTENDED_SUPPORT":
        yield warning(name, "in extended support, which costs more per hour", advice)
    else:
        yield ok(name, f"offered, in standard support{until}")


def addons(subject: Preflight) -> Findings:
    """Each add-on, for that version and for arm64."""
    version = subject.settings.cluster.kubernetes_version
    for switch in addon_switches(subject.settings.addons):
        addon = ADDONS.get(switch.name)
        if addon is None or not switch.is_on:
            continue
        off = "" if switch.needed else f" Or switch it off: --context addons.{switch.name}=false."
        found = subject.aws.pages(
            "eks", "describe_addon_versions", "addons", kubernetesVersion=version, addonName=addon
        )
        versions = [each for described in found for each in described["addonVersions"]]
        on_arm64 = [each for each in versions if "arm64" in each.get("architecture", ["arm64"])]
        default = next((each["addonVersion"] for each in on_arm64 if _is_default(each, version)), None)
        if on_arm64:
            yield ok(f"add-on {addon}", f"offered, {default or on_arm64[0]['addonVersion']} by default")
        elif versions:
            yield failure(
                f"add-on {addon}", "not offered for arm64", f"Choose another cluster.kubernetes_version.{off}"
            )
        else:
            yield failure(
                f"add-on {addon}",
                f"not offered for Kubernetes {version} in {subject.aws.region}",
                f"Choose another cluster.kubernetes_version, or another region.{off}",
            )


def _state(described: dict[str, str]) -> str:
    return described.get("versionStatus") or described.get("status", "").upper().replace("-", "_")


def _is_default(version: dict[str, list[dict[str, object]]], kubernetes: str) -> bool:
    return any(
        each.get("defaultVersion") and each.get("clusterVersion") == kubernetes
        for each in version.get("compatibilities", ())
    )
