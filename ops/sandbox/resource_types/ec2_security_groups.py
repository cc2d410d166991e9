"""Security groups and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.ec2_tags import tag
from ops.sandbox.resource_types.tagging import ec2_tags

# A group comes with a rule that lets everything out. Where egress is said, it is only what is said.
_ANYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
_INLINE = frozenset({"SecurityGroupIngress", "SecurityGroupEgress"})


def _change_rules(request: Request, change: Change) -> None:
    """Rules that are part of a group: the new ones come before the old ones go."""
    group = change.physical.ref
    for direction, name, default in (
        ("ingress", "SecurityGroupIngress", []),
        ("egress", "SecurityGroupEgress", [_ANYWHERE]),
    ):
        old, new = change.properties.get(name, default), request.properties.get(name, default)
        for rule in new:
            if rule not in old:
                _authorize(request.aws, direction, group, rule)
        for rule in old:
            if rule not in new:
                _revoke(request.aws, direction, group, rule)


class SecurityGroup(ResourceType):
    name = "AWS::EC2::SecurityGroup"
    in_place = (
        InPlace(properties=_INLINE, apply=_change_rules, removable=_INLINE),
        ec2_tags(),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        group_name = properties.get("GroupName") or request.name()
        id_ = request.aws.call(
            "ec2",
            "create_security_group",
            GroupName=group_name,
            Description=properties["GroupDescription"],
            VpcId=properties["VpcId"],
        )["GroupId"]
        request.made(Physical(ref=id_))
        tag(request, id_)
        for rule in properties.get("SecurityGroupIngress", []):
            _authorize(request.aws, "ingress", id_, rule)
        if "SecurityGroupEgress" in properties:
            _revoke(request.aws, "egress", id_, _ANYWHERE)
            for rule in properties["SecurityGroupEgress"]:
                _authorize(request.aws, "egress", id_, rule)
        return Physical(ref=id_, attributes={"GroupId": id_, "Id": id_, "VpcId": properties["VpcId"]})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ec2", "delete_security_group", GroupId=deletion.ref)


class SecurityGroupIngress(ResourceType):
    name = "AWS::EC2::SecurityGroupIngress"
    direction = "ingress"
    in_place = (InPlace(properties=frozenset({"Description"}), apply=lambda request, _: _describe(request, "ingress")),)

    def create(self, request: Request) -> Physical:
        rule = request.properties.everything()
        id_ = _authorize(request.aws, self.direction, rule.pop("GroupId"), rule)
        return Physical(ref=id_, attributes={"Id": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call(
            "ec2",
            f"revoke_security_group_{self.direction}",
            GroupId=deletion.properties["GroupId"],
            SecurityGroupRuleIds=[deletion.ref],
        )


class SecurityGroupEgress(SecurityGroupIngress):
    name = "AWS::EC2::SecurityGroupEgress"
    direction = "egress"
    in_place = (InPlace(properties=frozenset({"Description"}), apply=lambda request, _: _describe(request, "egress")),)


def _describe(request: Request, direction: str) -> None:
    rule = request.properties.everything()
    operation = f"update_security_group_rule_descriptions_{direction}"
    request.aws.call("ec2", operation, GroupId=rule.pop("GroupId"), IpPermissions=[_permission(rule)])


def _revoke(aws: Aws, direction: str, group_id: str, rule: Mapping[str, Any]) -> None:
    aws.call("ec2", f"revoke_security_group_{direction}", GroupId=group_id, IpPermissions=[_permission(rule)])


def _authorize(aws: Aws, direction: str, group_id: str, rule: Mapping[str, Any]) -> str:
    """Add a rule. Gives its id."""
    response = aws.call(
        "ec2", f"authorize_security_group_{direction}", GroupId=group_id, IpPermissions=[_permission(rule)]
    )
    id_: str = response["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    return id_


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of CloudFormation as a permission of EC2. Raises ValueError for what is not known."""
    rest = dict(rule)
    described = {"Description": rest.pop("Description")} if "Description" in rest else {}
    permission: dict[str, Any] = {"IpProtocol": str(rest.pop("IpProtocol"))}
    for name in ("FromPort", "ToPort"):
        if name in rest:
            permission[name] = int(rest.pop(name))
    if "CidrIp" in rest:
        permission["IpRanges"] = [{"CidrIp": rest.pop("CidrIp"), **described}]
    for name in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
        if name in rest:
            permission["UserIdGroupPairs"] = [{"GroupId": rest.pop(name), **described}]
    if rest:
        raise ValueError(f"property {', '.join(rest)} of a security group rule is not known to the sandbox")
    return permission
