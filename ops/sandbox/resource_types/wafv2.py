"""Web ACLs of AWS WAF."""

from __future__ import annotations

from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.tagging import tags

# What an update is: all of it once more.
_ACL = ("DefaultAction", "Description", "Rules", "VisibilityConfig")


def _which(physical: Physical) -> dict[str, Any]:
    name, id_, scope = physical.ref.split("|")
    return {"Name": name, "Id": id_, "Scope": scope}


def _lock(aws: Aws, physical: Physical) -> str:
    token: str = aws.call("wafv2", "get_web_acl", **_which(physical))["LockToken"]
    return token


def _put(request: Request, change: Change) -> None:
    lock = _lock(request.aws, change.physical)
    request.call("wafv2", "update_web_acl", *_ACL, **_which(change.physical), LockToken=lock)


class WebAcl(ResourceType):
    name = "AWS::WAFv2::WebACL"
    in_place = (
        InPlace(properties=frozenset(_ACL), apply=_put, removable=frozenset({"Description", "Rules"})),
        tags("wafv2", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        name = request.properties.get("Name") or request.name(limit=128)
        acl = request.call("wafv2", "create_web_acl", *_ACL, "Scope", "Tags", Name=name)["Summary"]
        ref = f"{name}|{acl['Id']}|{request.properties['Scope']}"
        return Physical(ref=ref, attributes={"Arn": acl["ARN"], "Id": acl["Id"]})

    def delete(self, deletion: Deletion) -> None:
        which = _which(deletion.physical)
        if found := deletion.call("wafv2", "get_web_acl", **which):
            deletion.call("wafv2", "delete_web_acl", **which, LockToken=found["LockToken"])
