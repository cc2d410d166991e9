"""Workspaces of Amazon Managed Service for Prometheus."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.tagging import tags


class Workspace(ResourceType):
    name = "AWS::APS::Workspace"
    in_place = (tags("amp", "{ref}"),)

    def create(self, request: Request) -> Physical:
        properties = request.properties
        made = request.aws.call(
            "amp",
            "create_workspace",
            alias=properties["Alias"],
            kmsKeyArn=properties["KmsKeyArn"],
            tags={tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])},
        )
        arn, id_ = made["arn"], made["workspaceId"]
        endpoint = f"https://aps-workspaces.{request.region.name}.{request.region.dns_suffix}/workspaces/{id_}/"
        return Physical(ref=arn, attributes={"Arn": arn, "WorkspaceId": id_, "PrometheusEndpoint": endpoint})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("amp", "delete_workspace", workspaceId=deletion.physical.attributes["WorkspaceId"])
