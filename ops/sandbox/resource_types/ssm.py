"""Parameters of Systems Manager."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType


class Parameter(ResourceType):
    name = "AWS::SSM::Parameter"

    def create(self, request: Request) -> Physical:
        parameter = request.properties.get("Name") or request.name()
        request.call("ssm", "put_parameter", "Description", "Type", "Value", Name=parameter)
        return Physical(
            ref=parameter,
            attributes={"Type": request.properties["Type"], "Value": request.properties["Value"]},
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ssm", "delete_parameter", Name=deletion.ref)
