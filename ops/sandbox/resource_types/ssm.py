"""Parameters of Systems Manager."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType


def _overwrite(request: Request, change: Change) -> Physical:
    name = change.physical.ref
    request.call("ssm", "put_parameter", "Description", "Type", "Value", Name=name, Overwrite=True)
    return Physical(ref=name, attributes=request.properties.pick("Type", "Value"))


class Parameter(ResourceType):
    name = "AWS::SSM::Parameter"
    in_place = (InPlace(properties=frozenset({"Description", "Type", "Value"}), apply=_overwrite),)

    def create(self, request: Request) -> Physical:
        parameter = request.properties.get("Name") or request.name()
        request.call("ssm", "put_parameter", "Description", "Type", "Value", Name=parameter)
        return Physical(
            ref=parameter,
            attributes=request.properties.pick("Type", "Value"),
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("ssm", "delete_parameter", Name=deletion.ref)
