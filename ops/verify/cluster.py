"""The cluster, as EKS describes it: control plane, node group, add-ons, pod identities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ops.aws import found
from ops.checks import Findings, failure, ok, verdict
from ops.verify.subject import Deployment

_NODE_GROUP = "AWS::EKS::Nodegroup"
_ADDON = "AWS::EKS::Addon"
_IDENTITY = "AWS::EKS::PodIdentityAssociation"


def control_plane(subject: Deployment) -> Findings:
    """The cluster is active, its endpoint private, its secrets encrypted."""
    cluster = subject.cluster
    access = cluster["resourcesVpcConfig"]
    faults = [] if cluster["status"] == "ACTIVE" else [f"it is {cluster['status']}"]
    faults += _issues(cluster)
    if not access.get("endpointPrivateAccess", False):
        faults.append("its endpoint does not answer within the VPC")
    if not cluster.get("encryptionConfig"):
        faults.append("its secrets are not encrypted with a key of the deployment")
    reach = "public and private" if access.get("endpointPublicAccess") else "private"
    told = f"active, Kubernetes {cluster['version']}, endpoint {reach}"
    yield verdict(f"cluster {cluster['name']}", told, faults=faults, advice="Look at the cluster in the EKS console.")


def node_groups(subject: Deployment) -> Findings:
    """Each managed node group is active, on arm64."""
    eks = subject.aws.client("eks")
    for physical_id in subject.stack.of_type(_NODE_GROUP):
        name = physical_id.rpartition("/")[2]  # CloudFormation's id is cluster/name
        described = found(
            eks.describe_nodegroup, "ResourceNotFoundException", clusterName=subject.cluster_name, nodegroupName=name
        )
        check = "node group"
        if described is None:
            yield failure(
                check, f"{name} does not exist", "It was deleted by hand: deploy under another name, or restore it."
            )
            continue
        group = described["nodegroup"]
        faults = [] if group["status"] == "ACTIVE" else [f"it is {group['status']}"]
        faults += _issues(group)
        if "ARM_64" not in group["amiType"]:
            faults.append(f"its nodes are not arm64: {group['amiType']}")
        types, scaling = ", ".join(group.get("instanceTypes", ())), group["scalingConfig"]
        told = f"{name}: active, {types} ({group['amiType']}), {scaling['desiredSize']} of {scaling['maxSize']} nodes"
        yield verdict(check, told, faults=faults, advice="Look at the node group's health issues in the EKS console.")


def addons(subject: Deployment) -> Findings:
    """Each add-on is active and reports no issue."""
    eks = subject.aws.client("eks")
    healthy = []
    for physical_id in subject.stack.of_type(_ADDON):
        name = physical_id.rpartition("|")[2]  # CloudFormation's id is cluster|name
        described = found(
            eks.describe_addon, "ResourceNotFoundException", clusterName=subject.cluster_name, addonName=name
        )
        if described is None:
            yield failure(f"add-on {name}", "does not exist", "Deploy again to have it made.")
            continue
        addon = described["addon"]
        faults = [] if addon["status"] == "ACTIVE" else [f"it is {addon['status']}"]
        faults += _issues(addon)
        if faults:
            yield failure(f"add-on {name}", "; ".join(faults), "Look at the add-on's health issues in the EKS console.")
        else:
            healthy.append(f"{name} {addon['addonVersion']}")
    if healthy:
        yield ok("add-ons", f"active: {', '.join(healthy)}")


def pod_identities(subject: Deployment) -> Findings:
    """Each pod identity association of the stack is in force."""
    wanted = subject.stack.of_type(_IDENTITY)
    there = list(
        subject.aws.pages("eks", "list_pod_identity_associations", "associations", clusterName=subject.cluster_name)
    )
    ids = {each["associationId"] for each in there}
    missing = [physical_id for physical_id in wanted if physical_id.rpartition("/")[2] not in ids]
    faults = [f"{len(missing)} of {len(wanted)} do not exist: {', '.join(missing)}"] if missing else []
    accounts = ", ".join(sorted(f"{each['namespace']}/{each['serviceAccount']}" for each in there))
    advice = "They were deleted by hand: without one, its pods have no AWS permission. Deploy under another name."
    yield verdict("pod identities", f"{len(there)}: {accounts}", faults=faults, advice=advice)


def _issues(described: Mapping[str, Any]) -> Iterable[str]:
    """What EKS itself finds wrong."""
    for issue in described.get("health", {}).get("issues", ()):
        yield f"{issue.get('code', 'issue')}: {issue.get('message', 'no message')}"
