"""Roles, policies and instance profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify
from ops.sandbox.resource_types.tagging import tags


def _put(request: Request, policy: Mapping[str, Any], *roles: str) -> None:
    document = json.dumps(policy["PolicyDocument"])
    for role in roles:
        request.aws.call(
            "iam", "put_role_policy", RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=document
        )


def _put_policy(request: Request, change: Change) -> None:
    """Roles that are no longer meant lose the policy."""
    properties = request.properties
    _put(request, properties, *properties["Roles"])
    for role in set(change.properties["Roles"]) - set(properties["Roles"]):
        request.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName=properties["PolicyName"])


def _put_policies(request: Request, change: Change) -> None:
    """What a role comes with: policies that it refers to, and policies that are part of it."""
    role, properties, old = change.physical.ref, request.properties, change.properties
    before, now = set(old.get("ManagedPolicyArns", [])), set(properties.get("ManagedPolicyArns", []))
    for arn in now - before:
        request.aws.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
    for arn in before - now:
        request.aws.call("iam", "detach_role_policy", RoleName=role, PolicyArn=arn)
    for policy in properties.get("Policies", []):
        _put(request, policy, role)
    kept = {policy["PolicyName"] for policy in properties.get("Policies", [])}
    for name in {policy["PolicyName"] for policy in old.get("Policies", [])} - kept:
        request.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)


def _put_trust(request: Request, role: str) -> None:
    document = json.dumps(request.properties["AssumeRolePolicyDocument"])
    request.aws.call("iam", "update_assume_role_policy", RoleName=role, PolicyDocument=document)


class Role(ResourceType):
    name = "AWS::IAM::Role"
    in_place = (
        InPlace(
            properties=frozenset({"ManagedPolicyArns", "Policies"}),
            apply=_put_policies,
            removable=frozenset({"ManagedPolicyArns", "Policies"}),
        ),
        again(lambda request, physical: _put_trust(request, physical.ref), "AssumeRolePolicyDocument"),
        modify(
            "iam",
            "update_role",
            "Description",
            "MaxSessionDuration",
            by={"RoleName": "{ref}"},
            absent={"Description": ""},
        ),
        tags("iam", "{ref}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        role_name = properties.get("RoleName") or request.name(limit=64)
        role = request.call(
            "iam",
            "create_role",
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Tags",
            RoleName=role_name,
        )["Role"]
        request.made(Physical(ref=role_name))
        for arn in properties.get("ManagedPolicyArns", []):
            request.aws.call("iam", "attach_role_policy", RoleName=role_name, PolicyArn=arn)
        for policy in properties.get("Policies", []):
            _put(request, policy, role_name)
        return Physical(ref=role_name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def delete(self, deletion: Deletion) -> None:
        # Only what the role came with: a policy that something else attached keeps the role, as in AWS.
        came_with = deletion.properties.get("ManagedPolicyArns", [])
        attached = deletion.call("iam", "list_attached_role_policies", RoleName=deletion.ref)
        for policy in attached.get("AttachedPolicies", []):
            if policy["PolicyArn"] in came_with:
                deletion.call("iam", "detach_role_policy", RoleName=deletion.ref, PolicyArn=policy["PolicyArn"])
        inline = {policy["PolicyName"] for policy in deletion.properties.get("Policies", [])}
        for name in deletion.call("iam", "list_role_policies", RoleName=deletion.ref).get("PolicyNames", []):
            if name in inline:
                deletion.call("iam", "delete_role_policy", RoleName=deletion.ref, PolicyName=name)
        deletion.call("iam", "delete_role", RoleName=deletion.ref)


class Policy(ResourceType):
    """An inline policy of roles."""

    name = "AWS::IAM::Policy"
    in_place = (
        InPlace(
            properties=frozenset({"PolicyDocument", "Roles"}),
            apply=_put_policy,
        ),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        _put(request, properties, *properties["Roles"])
        return Physical(ref=properties["PolicyName"])

    def delete(self, deletion: Deletion) -> None:
        for role in deletion.properties["Roles"]:
            deletion.call("iam", "delete_role_policy", RoleName=role, PolicyName=deletion.properties["PolicyName"])


class ManagedPolicy(ResourceType):
    name = "AWS::IAM::ManagedPolicy"

    def create(self, request: Request) -> Physical:
        policy_name = request.properties.get("ManagedPolicyName") or request.name(limit=128)
        arn = request.call("iam", "create_policy", "Description", "Path", "PolicyDocument", PolicyName=policy_name)[
            "Policy"
        ]["Arn"]
        for role in request.properties.get("Roles", []):
            request.aws.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
        return Physical(ref=arn, attributes={"PolicyArn": arn})

    def delete(self, deletion: Deletion) -> None:
        for role in deletion.properties.get("Roles", []):
            deletion.call("iam", "detach_role_policy", RoleName=role, PolicyArn=deletion.ref)
        deletion.call("iam", "delete_policy", PolicyArn=deletion.ref)


class InstanceProfile(ResourceType):
    name = "AWS::IAM::InstanceProfile"

    def create(self, request: Request) -> Physical:
        profile_name = request.properties.get("InstanceProfileName") or request.name(limit=128)
        arn = request.call("iam", "create_instance_profile", "Path", InstanceProfileName=profile_name)[
            "InstanceProfile"
        ]["Arn"]
        for role in request.properties["Roles"]:
            request.aws.call("iam", "add_role_to_instance_profile", InstanceProfileName=profile_name, RoleName=role)
        return Physical(ref=profile_name, attributes={"Arn": arn})

    def delete(self, deletion: Deletion) -> None:
        for role in deletion.properties["Roles"]:
            deletion.call("iam", "remove_role_from_instance_profile", InstanceProfileName=deletion.ref, RoleName=role)
        deletion.call("iam", "delete_instance_profile", InstanceProfileName=deletion.ref)
