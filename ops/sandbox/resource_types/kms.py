"""Encryption keys."""

from __future__ import annotations

from ops.sandbox.inputs import boolean, text
from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify, put
from ops.sandbox.resource_types.tagging import tags

_ROTATION = frozenset({"EnableKeyRotation"})


class Key(ResourceType):
    name = "AWS::KMS::Key"
    in_place = (
        again(lambda request, physical: _put_policy(request, physical.ref), "KeyPolicy"),
        again(lambda request, physical: _rotate(request, physical.ref), "EnableKeyRotation", removable=_ROTATION),
        modify("kms", "update_key_description", "Description", by={"KeyId": "{ref}"}),
        tags("kms", "{ref}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.get("Tags", [])]
        key = request.call("kms", "create_key", "Description", Policy=text(properties["KeyPolicy"]), Tags=tags)
        id_ = key["KeyMetadata"]["KeyId"]
        request.made(Physical(ref=id_))
        _rotate(request, id_)
        return Physical(ref=id_, attributes={"Arn": key["KeyMetadata"]["Arn"], "KeyId": id_})

    def delete(self, deletion: Deletion) -> None:
        # A key is never gone at once.
        deletion.call("kms", "schedule_key_deletion", KeyId=deletion.ref)


class Alias(ResourceType):
    name = "AWS::KMS::Alias"
    in_place = (put("kms", "update_alias", "AliasName", "TargetKeyId"),)

    def create(self, request: Request) -> Physical:
        request.call("kms", "create_alias", "AliasName", "TargetKeyId")
        return Physical(ref=request.properties["AliasName"])

    def delete(self, deletion: Deletion) -> None:
        deletion.call("kms", "delete_alias", AliasName=deletion.ref)


def _rotate(request: Request, key: str) -> None:
    rotates = boolean(request.properties.get("EnableKeyRotation", False))
    request.aws.call("kms", "enable_key_rotation" if rotates else "disable_key_rotation", KeyId=key)


def _put_policy(request: Request, key: str) -> None:
    request.aws.call(
        "kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=text(request.properties["KeyPolicy"])
    )
