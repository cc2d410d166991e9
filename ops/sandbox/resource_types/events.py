"""EventBridge rules."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import put
from ops.sandbox.resource_types.tagging import tags


class Rule(ResourceType):
    name = "AWS::Events::Rule"
    in_place = (
        put("events", "put_rule", "Description", "EventPattern", "ScheduleExpression", "State", by={"Name": "{ref}"}),
        tags("events", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        rule = request.properties.get("Name") or request.name(limit=64)
        arn = request.call(
            "events", "put_rule", "Description", "EventPattern", "ScheduleExpression", "State", "Tags", Name=rule
        )["RuleArn"]
        request.made(Physical(ref=rule))
        if "Targets" in request.properties:
            failed = request.call("events", "put_targets", "Targets", Rule=rule)["FailedEntries"]
            if failed:
                raise RuntimeError(f"targets of {rule}: {failed[0]['ErrorMessage']}")
        return Physical(ref=rule, attributes={"Arn": arn})

    def delete(self, deletion: Deletion) -> None:
        targets = [target["Id"] for target in deletion.properties.get("Targets", [])]
        if targets:
            deletion.call("events", "remove_targets", Rule=deletion.ref, Ids=targets)
        deletion.call("events", "delete_rule", Name=deletion.ref)
