"""Stacks, resources and events in the words of the API."""

from __future__ import annotations

from typing import Any

from ops.sandbox.cloudformation.model import ChangeSet, Stack
from ops.sandbox.cloudformation.template import Declaration
from ops.sandbox.inputs import text

_EVENTS_PER_PAGE = 100


def stack(stack: Stack) -> dict[str, Any]:
    """``Stack`` of DescribeStacks."""
    exports = stack.exports
    return {
        **stack_summary(stack),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": _joined(value)} for name, value in stack.parameters.items()
        ],
        "Outputs": [
            {"OutputKey": name, "OutputValue": value, **({"ExportName": exports[name]} if name in exports else {})}
            for name, value in stack.outputs.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "Description": stack.template.document.get("Description"),
        "DisableRollback": stack.disable_rollback,
        "EnableTerminationProtection": stack.termination_protection,
        "NotificationARNs": [],
        "RoleARN": stack.role_arn,
        "RollbackConfiguration": {},
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }


def stack_summary(stack: Stack) -> dict[str, Any]:
    """``StackSummary`` of ListStacks."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
    }


def resources(stack: Stack) -> list[dict[str, Any]]:
    """``StackResource`` of DescribeStackResources, which has all that the other descriptions of it have."""
    return [
        {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical.ref if resource.physical else None,
            "ResourceType": resource.type,
            "ResourceStatus": resource.status,
            "ResourceStatusReason": resource.reason,
            "Timestamp": resource.updated,
            "LastUpdatedTimestamp": resource.updated,
        }
        for resource in stack.resources.values()
    ]


def events(stack: Stack, *, before: str | None) -> dict[str, Any]:
    """The answer of DescribeStackEvents, the latest first: a page of those that came before the token's.

    The command line asks every few seconds, and stops at the first event that it knows.
    """
    end = len(stack.events) if before is None else int(before)
    start = max(0, end - _EVENTS_PER_PAGE)
    described = [
        {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "EventId": event.event_id,
            "LogicalResourceId": event.logical_id,
            "PhysicalResourceId": event.physical_id,
            "ResourceType": event.type,
            "ResourceStatus": event.status,
            "ResourceStatusReason": event.reason,
            "Timestamp": event.timestamp,
        }
        for event in reversed(stack.events[start:end])
    ]
    return {"StackEvents": described, "NextToken": str(start) if start else None}


def change_set(change_set: ChangeSet) -> dict[str, Any]:
    """The answer of DescribeChangeSet."""
    changes = _changes(change_set) if change_set.is_executable else []
    return {
        "ChangeSetId": change_set.change_set_id,
        "ChangeSetName": change_set.name,
        "StackId": change_set.stack.stack_id,
        "StackName": change_set.stack.name,
        "CreationTime": change_set.created,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "ExecutionStatus": "AVAILABLE" if change_set.is_executable else "UNAVAILABLE",
        "Changes": [
            {
                "Type": "Resource",
                "ResourceChange": {
                    "Action": action,
                    "LogicalResourceId": declaration.logical_id,
                    "ResourceType": declaration.type,
                },
            }
            for action, declaration in changes
        ],
    }


def _changes(change_set: ChangeSet) -> list[tuple[str, Declaration]]:
    """By what templates declare; what a parameter or another resource's change brings with it shows in the update."""
    there = change_set.stack.template.resources
    if change_set.update is None:
        return [("Add", declaration) for declaration in there.values()]
    wanted = change_set.update.template.resources
    return [
        *(("Add", one) for name, one in wanted.items() if name not in there),
        *(("Modify", one) for name, one in wanted.items() if name in there and one != there[name]),
        *(("Remove", one) for name, one in there.items() if name not in wanted),
    ]


def _joined(value: Any) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)
