"""EventBridge rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import put
from ops.sandbox.resource_types.tagging import tags


def _targets(properties: Mapping[str, Any]) -> list[str]:
    return [target["Id"] for target in properties.get("Targets", [])]


def _put_targets(request: Request, rule: str) -> None:
    failed = request.call("events", "put_targets", "Targets", Rule=rule)["FailedEntries"]
    if failed:
        raise RuntimeError(f"targets of {rule}: {failed[0]['ErrorMessage']}")


def _move_targets(request: Request, change: Change) -> None:
    """A target is put under its id, and one that is no longer meant has to be taken away."""
    rule, now = change.physical.ref, _targets(request.properties)
    if now:
        _put_targets(request, rule)
    gone = [target for target in _targets(change.properties) if target not in now]
    if gone:
        request.aws.call("events", "remove_targets", Rule=rule, Ids=gone)


class Rule(ResourceType):
    name = "AWS::Events::Rule"
    in_place = (
        put("events", "put_rule", "Description", "EventPattern", "ScheduleExpression", "State", by={"Name": "{ref}"}),
        InPlace(properties=frozenset({"Targets"}), apply=_move_targets, removable=frozenset({"Targets"})),
        tags("events", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        rule = request.properties.get("Name") or request.name(limit=64)
        arn = request.call(
            "events", "put_rule", "Description", "EventPattern", "ScheduleExpression", "State", "Tags", Name=rule
        )["RuleArn"]
        request.made(Physical(ref=rule))
        if "Targets" in request.properties:
            _put_targets(request, rule)
        return Physical(ref=rule, attributes={"Arn": arn})

    def delete(self, deletion: Deletion) -> None:
        targets = _targets(deletion.properties)
        if targets:
            deletion.call("events", "remove_targets", Rule=deletion.ref, Ids=targets)
        deletion.call("events", "delete_rule", Name=deletion.ref)
