"""Tags of a resource that change: each service has calls of its own for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.sandbox.resource_types.base import Change, InPlace, Request
from ops.sandbox.resource_types.in_place import placed

Tags = Mapping[str, str]


def _pairs(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _kms_pairs(tags: Tags) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _keys(names: list[str]) -> list[dict[str, str]]:
    return [{"Key": name} for name in names]


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """How a service tags: its calls, and the names and forms of their arguments."""

    add: str
    remove: str
    which: str
    tags: str = "Tags"
    keys: str = "TagKeys"
    form: Callable[[Tags], Any] = _pairs
    gone: Callable[[list[str]], Any] = list


_ARN = Tagging(add="tag_resource", remove="untag_resource", which="ResourceARN")
_MAP = Tagging(add="tag_resource", remove="untag_resource", which="resourceArn", tags="tags", keys="tagKeys", form=dict)
_ADD = Tagging(add="add_tags_to_resource", remove="remove_tags_from_resource", which="ResourceName")
_SERVICES: Mapping[str, Tagging] = {
    "acm": Tagging(
        add="add_tags_to_certificate",
        remove="remove_tags_from_certificate",
        which="CertificateArn",
        keys="Tags",
        gone=_keys,
    ),
    "amp": _MAP,
    "cloudwatch": _ARN,
    "codecommit": _MAP,
    "ecr": Tagging(add="tag_resource", remove="untag_resource", which="resourceArn", tags="tags", keys="tagKeys"),
    "efs": Tagging(add="tag_resource", remove="untag_resource", which="ResourceId"),
    "eks": _MAP,
    "elasticache": _ADD,
    "events": _ARN,
    "iam": Tagging(add="tag_role", remove="untag_role", which="RoleName"),
    "kms": Tagging(add="tag_resource", remove="untag_resource", which="KeyId", form=_kms_pairs),
    "lambda": Tagging(add="tag_resource", remove="untag_resource", which="Resource", form=dict),
    "logs": _MAP,
    "rds": _ADD,
    "secretsmanager": Tagging(add="tag_resource", remove="untag_resource", which="SecretId"),
    "sns": Tagging(add="tag_resource", remove="untag_resource", which="ResourceArn"),
    "wafv2": _ARN,
    "sqs": Tagging(add="tag_queue", remove="untag_queue", which="QueueUrl", form=dict),
}


def tags(service: str, which: str, *, named: str = "Tags") -> InPlace:
    """The property with a resource's tags. ``which`` names the resource, as ``placed`` fills it in."""
    how = _SERVICES[service]

    def apply(request: Request, change: Change) -> None:
        new, gone = _difference(request, change, named)
        resource = placed({how.which: which}, request, change)
        if new:
            request.aws.call(service, how.add, **resource, **{how.tags: how.form(new)})
        if gone:
            request.aws.call(service, how.remove, **resource, **{how.keys: how.gone(gone)})

    return InPlace(properties=frozenset({named}), apply=apply, removable=frozenset({named}))


def ec2_tags(which: str = "{ref}") -> InPlace:
    """The same for what EC2 has, which takes many at once."""

    def apply(request: Request, change: Change) -> None:
        new, gone = _difference(request, change, "Tags")
        resources = list(placed({"": which}, request, change).values())
        if new:
            request.aws.call("ec2", "create_tags", Resources=resources, Tags=_pairs(new))
        if gone:
            request.aws.call("ec2", "delete_tags", Resources=resources, Tags=[{"Key": key} for key in gone])

    return InPlace(properties=frozenset({"Tags"}), apply=apply, removable=frozenset({"Tags"}))


def _difference(request: Request, change: Change, named: str) -> tuple[Tags, list[str]]:
    old, new = _as_map(change.properties.get(named, {})), _as_map(request.properties.get(named, {}))
    return {key: value for key, value in new.items() if old.get(key) != value}, sorted(old.keys() - new.keys())


def _as_map(value: Any) -> Tags:
    return value if isinstance(value, Mapping) else {tag["Key"]: tag["Value"] for tag in value}
