"""Elastic file systems."""

from __future__ import annotations

import json

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType


class FileSystem(ResourceType):
    name = "AWS::EFS::FileSystem"

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
        if "FileSystemPolicy" in properties:
            policy = json.dumps(properties["FileSystemPolicy"])
            request.aws.call("efs", "put_file_system_policy", FileSystemId=id_, Policy=policy)
        if "LifecyclePolicies" in properties:
            request.call("efs", "put_lifecycle_configuration", "LifecyclePolicies", FileSystemId=id_)
        return Physical(ref=id_, attributes={"Arn": created["FileSystemArn"], "FileSystemId": id_})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("efs", "delete_file_system", FileSystemId=deletion.ref)


class MountTarget(ResourceType):
    name = "AWS::EFS::MountTarget"

    def create(self, request: Request) -> Physical:
        target = request.call("efs", "create_mount_target", "FileSystemId", "IpAddress", "SecurityGroups", "SubnetId")
        id_ = target["MountTargetId"]
        return Physical(ref=id_, attributes={"Id": id_, "IpAddress": target["IpAddress"]})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("efs", "delete_mount_target", MountTargetId=deletion.ref)


class AccessPoint(ResourceType):
    name = "AWS::EFS::AccessPoint"

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
