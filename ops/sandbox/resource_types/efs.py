"""Elastic file systems."""

from __future__ import annotations

import json

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify, put
from ops.sandbox.resource_types.tagging import tags


class FileSystem(ResourceType):
    name = "AWS::EFS::FileSystem"
    in_place = (
        again(lambda request, physical: _configure(request, physical.ref), "FileSystemPolicy", "LifecyclePolicies"),
        put("efs", "put_backup_policy", "BackupPolicy", by={"FileSystemId": "{ref}"}),
        tags("efs", "{ref}", named="FileSystemTags"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        created = request.call(
            "efs",
            "create_file_system",
            "Encrypted",
            "KmsKeyId",
            "PerformanceMode",
            "ThroughputMode",
            CreationToken=request.name(limit=64),
            Tags=properties.get("FileSystemTags", []),
            Backup=properties.get("BackupPolicy", {}).get("Status") == "ENABLED",
        )
        id_ = created["FileSystemId"]
        request.made(Physical(ref=id_))
        _configure(request, id_)
        return Physical(ref=id_, attributes={"Arn": created["FileSystemArn"], "FileSystemId": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("efs", "delete_file_system", FileSystemId=deletion.ref)


class MountTarget(ResourceType):
    name = "AWS::EFS::MountTarget"
    in_place = (modify("efs", "modify_mount_target_security_groups", "SecurityGroups", by={"MountTargetId": "{ref}"}),)

    def create(self, request: Request) -> Physical:
        target = request.call("efs", "create_mount_target", "FileSystemId", "IpAddress", "SecurityGroups", "SubnetId")
        id_ = target["MountTargetId"]
        return Physical(ref=id_, attributes={"Id": id_, "IpAddress": target["IpAddress"]})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("efs", "delete_mount_target", MountTargetId=deletion.ref)


class AccessPoint(ResourceType):
    name = "AWS::EFS::AccessPoint"
    in_place = (tags("efs", "{ref}", named="AccessPointTags"),)

    def create(self, request: Request) -> Physical:
        point = request.call(
            "efs",
            "create_access_point",
            "FileSystemId",
            "PosixUser",
            "RootDirectory",
            ClientToken=request.name(limit=64),
            Tags=request.properties.get("AccessPointTags", []),
        )
        id_ = point["AccessPointId"]
        return Physical(ref=id_, attributes={"AccessPointId": id_, "Arn": point["AccessPointArn"]})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("efs", "delete_access_point", AccessPointId=deletion.ref)


def _configure(request: Request, id_: str) -> None:
    if "FileSystemPolicy" in request.properties:
        policy = json.dumps(request.properties["FileSystemPolicy"])
        request.aws.call("efs", "put_file_system_policy", FileSystemId=id_, Policy=policy)
    if "LifecyclePolicies" in request.properties:
        request.call("efs", "put_lifecycle_configuration", "LifecyclePolicies", FileSystemId=id_)
