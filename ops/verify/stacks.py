"""The stacks: whether CloudFormation has finished its work."""

from __future__ import annotations

from ops.checks import Findings, failure, ok, warning
from ops.verify.subject import Deployment

_COMPLETE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def stacks(subject: Deployment) -> Findings:
    """The top-level stack, the nested ones, and every resource in them."""
    stack = subject.stack
    check = f"stack {stack.name}"
    unfinished = [each for each in stack.resources if each.status not in _COMPLETE]
    told = f"{stack.status}, {len(stack.resources)} resources in {1 + len(stack.nested)} stacks"
    if stack.status == "UPDATE_ROLLBACK_COMPLETE":
        yield warning(check, f"{told}: the last update failed and was taken back", "`cdk deploy` again, and see why.")
    elif stack.status not in _COMPLETE:
        reason = f": {stack.status_reason}" if stack.status_reason else ""
        advice = "Wait until it is done." if stack.status.endswith("_IN_PROGRESS") else "Run `cdk deploy` again."
        yield failure(check, f"{stack.status}{reason}", advice)
    else:
        yield ok(check, told)
    # What was taken back as a whole says UPDATE_ROLLBACK_COMPLETE for the nested stacks too.
    for resource in unfinished:
        if resource.status != stack.status:
            yield failure(
                f"{resource.logical_id}",
                f"{resource.type} is {resource.status}",
                "Look at its events in the CloudFormation console, then `cdk deploy` again.",
            )
