"""EKS clusters and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.sandbox.cloudformation.errors import ValidationError
from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType, changed
from ops.sandbox.resource_types.in_place import again, modify, placed
from ops.sandbox.resource_types.tagging import tags

_VERSIONS = {"ReleaseVersion", "Version"}
_ENTRY = {"clusterName": "{properties[ClusterName]}", "principalArn": "{properties[PrincipalArn]}"}
_POLICIES = frozenset({"AccessPolicies"})
_NODE_GROUP = {"clusterName": "{parts[0]}", "nodegroupName": "{parts[1]}"}


def _label(request: Request, change: Change) -> None:
    old, new = change.properties.get("Labels", {}), request.properties.get("Labels", {})
    labels = {"addOrUpdateLabels": new, "removeLabels": sorted(old.keys() - new.keys())}
    request.aws.call("eks", "update_nodegroup_config", **placed(_NODE_GROUP, request, change), labels=labels)


class Cluster(ResourceType):
    name = "AWS::EKS::Cluster"
    in_place = (
        modify("eks", "update_cluster_version", "Version", by={"name": "{ref}"}),
        modify("eks", "update_cluster_config", "ResourcesVpcConfig", by={"name": "{ref}"}),
        modify("eks", "update_cluster_config", "UpgradePolicy", by={"name": "{ref}"}),
        again(lambda request, physical: _log(request, physical.ref), "Logging"),
        tags("eks", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        cluster_name = request.properties.get("Name") or request.name(limit=100)
        cluster = request.call(
            "eks",
            "create_cluster",
            "AccessConfig",
            "BootstrapSelfManagedAddons",
            "ComputeConfig",
            "EncryptionConfig",
            "KubernetesNetworkConfig",
            "ResourcesVpcConfig",
            "RoleArn",
            "StorageConfig",
            "Tags",
            "UpgradePolicy",
            "Version",
            name=cluster_name,
            **_logging(request),
        )["cluster"]
        return Physical(
            ref=cluster_name,
            attributes={
                "Arn": cluster["arn"],
                "CertificateAuthorityData": cluster["certificateAuthority"]["data"],
                "ClusterSecurityGroupId": cluster["resourcesVpcConfig"]["clusterSecurityGroupId"],
                "Endpoint": cluster["endpoint"],
                "Id": cluster_name,
                "OpenIdConnectIssuerUrl": cluster["identity"]["oidc"]["issuer"],
            },
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("eks", "delete_cluster", name=deletion.ref)


class Nodegroup(ResourceType):
    name = "AWS::EKS::Nodegroup"
    unmodelled = ("ForceUpdateEnabled",)  # it matters in an update only
    in_place = (
        modify("eks", "update_nodegroup_version", "ReleaseVersion", "Version", "LaunchTemplate", by=_NODE_GROUP),
        InPlace(properties=frozenset({"Labels"}), apply=_label, removable=frozenset({"Labels"})),
        modify("eks", "update_nodegroup_config", "ScalingConfig", "UpdateConfig", "NodeRepairConfig", by=_NODE_GROUP),
        tags("eks", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        cluster = request.properties["ClusterName"]
        group = request.properties.get("NodegroupName") or request.name(limit=63)
        created = request.call(
            "eks",
            "create_nodegroup",
            "AmiType",
            "CapacityType",
            "ClusterName",
            "DiskSize",
            "InstanceTypes",
            "Labels",
            "LaunchTemplate",
            "NodeRepairConfig",
            "NodeRole",
            "ReleaseVersion",
            "ScalingConfig",
            "Subnets",
            "Tags",
            "Taints",
            "UpdateConfig",
            "Version",
            nodegroupName=group,
        )["nodegroup"]
        id_ = f"{cluster}/{group}"
        attributes = {"Arn": created["nodegroupArn"], "ClusterName": cluster, "Id": id_, "NodegroupName": group}
        return Physical(ref=id_, attributes=attributes)

    def update(self, request: Request, change: Change) -> Physical:
        names = changed(request, change)
        if names & _VERSIONS and names - _VERSIONS:
            raise ValidationError("You can't update other properties at the same time as updating Version")
        return super().update(request, change)

    def delete(self, deletion: Deletion) -> None:
        cluster, _, group = deletion.ref.partition("/")
        deletion.call("eks", "delete_nodegroup", clusterName=cluster, nodegroupName=group)


class Addon(ResourceType):
    name = "AWS::EKS::Addon"
    in_place = (
        modify(
            "eks",
            "update_addon",
            "AddonVersion",
            "ConfigurationValues",
            "PodIdentityAssociations",
            "ResolveConflicts",
            "ServiceAccountRoleArn",
            by={"clusterName": "{parts[0]}", "addonName": "{parts[1]}"},
            absent={"ConfigurationValues": "{}"},
        ),
        tags("eks", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        addon = request.call(
            "eks",
            "create_addon",
            "AddonName",
            "AddonVersion",
            "ClusterName",
            "ConfigurationValues",
            "PodIdentityAssociations",
            "ResolveConflicts",
            "ServiceAccountRoleArn",
            "Tags",
        )["addon"]
        return Physical(ref=f"{addon['clusterName']}|{addon['addonName']}", attributes={"Arn": addon["addonArn"]})

    def delete(self, deletion: Deletion) -> None:
        cluster, _, addon = deletion.ref.partition("|")
        deletion.call("eks", "delete_addon", clusterName=cluster, addonName=addon)


def _let(request: Request, policy: Mapping[str, Any]) -> None:
    request.aws.call_with_properties("eks", "associate_access_policy", {**policy, **_of_entry(request)})


def _associate(request: Request, change: Change) -> None:
    """Policies of an access entry: one that is there already gets the scope that is said now."""
    old, new = change.properties.get("AccessPolicies", []), request.properties.get("AccessPolicies", [])
    for policy in new:
        if policy not in old:
            _let(request, policy)
    for arn in {policy["PolicyArn"] for policy in old} - {policy["PolicyArn"] for policy in new}:
        request.aws.call_with_properties("eks", "disassociate_access_policy", _of_entry(request), policyArn=arn)


def _of_entry(request: Request) -> dict[str, Any]:
    return request.properties.pick("ClusterName", "PrincipalArn")


class AccessEntry(ResourceType):
    name = "AWS::EKS::AccessEntry"
    in_place = (
        modify(
            "eks", "update_access_entry", "KubernetesGroups", "Username", by=_ENTRY, absent={"KubernetesGroups": []}
        ),
        InPlace(properties=_POLICIES, apply=_associate, removable=_POLICIES),
        tags("eks", "{physical[AccessEntryArn]}"),
    )

    def create(self, request: Request) -> Physical:
        entry = request.call(
            "eks", "create_access_entry", "ClusterName", "KubernetesGroups", "PrincipalArn", "Tags", "Type", "Username"
        )["accessEntry"]
        ref = f"{entry['principalArn']}|{entry['clusterName']}"
        request.made(Physical(ref=ref))
        for policy in request.properties.get("AccessPolicies", []):
            _let(request, policy)
        return Physical(ref=ref, attributes={"AccessEntryArn": entry["accessEntryArn"]})

    def delete(self, deletion: Deletion) -> None:
        principal, _, cluster = deletion.ref.partition("|")
        deletion.call("eks", "delete_access_entry", clusterName=cluster, principalArn=principal)


class PodIdentityAssociation(ResourceType):
    name = "AWS::EKS::PodIdentityAssociation"
    in_place = (
        modify(
            "eks",
            "update_pod_identity_association",
            "RoleArn",
            "TargetRoleArn",
            by={"clusterName": "{properties[ClusterName]}", "associationId": "{memory[id]}"},
        ),
        tags("eks", "{ref}"),
    )

    def create(self, request: Request) -> Physical:
        association = request.call(
            "eks",
            "create_pod_identity_association",
            "ClusterName",
            "Namespace",
            "RoleArn",
            "ServiceAccount",
            "Tags",
            "TargetRoleArn",
        )["association"]
        arn, id_ = association["associationArn"], association["associationId"]
        return Physical(ref=arn, attributes={"AssociationArn": arn, "AssociationId": id_}, memory={"id": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call(
            "eks",
            "delete_pod_identity_association",
            clusterName=deletion.properties["ClusterName"],
            associationId=deletion.physical.memory["id"],
        )


def _log(request: Request, cluster: str) -> None:
    request.aws.call("eks", "update_cluster_config", name=cluster, **_logging(request))


def _logging(request: Request) -> dict[str, Any]:
    """CloudFormation lists the kinds of log one by one; the API takes them together."""
    if "Logging" not in request.properties:
        return {}
    types = [kind["Type"] for kind in request.properties["Logging"]["ClusterLogging"]["EnabledTypes"]]
    return {"logging": {"clusterLogging": [{"types": types, "enabled": True}]}}
