"""Log groups."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import modify
from ops.sandbox.resource_types.tagging import tags


class LogGroup(ResourceType):
    name = "AWS::Logs::LogGroup"
    in_place = (
        modify("logs", "put_retention_policy", "RetentionInDays", by={"logGroupName": "{ref}"}),
        tags("logs", "arn:{partition}:logs:{place}:log-group:{ref}"),
    )

    def create(self, request: Request) -> Physical:
        group = request.properties.get("LogGroupName") or request.name(limit=512)
        request.call("logs", "create_log_group", "KmsKeyId", "Tags", logGroupName=group)
        request.made(Physical(ref=group))
        if "RetentionInDays" in request.properties:
            days = int(request.properties["RetentionInDays"])
            request.aws.call("logs", "put_retention_policy", logGroupName=group, retentionInDays=days)
        return Physical(ref=group, attributes={"Arn": request.region.arn("logs", f"log-group:{group}:*")})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("logs", "delete_log_group", logGroupName=deletion.ref)
