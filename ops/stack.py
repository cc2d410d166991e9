"""A deployed platform, as CloudFormation describes it: its stacks, their outputs, and every resource in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.aws import Aws, found
from ops.errors import OpsError

_NESTED = "AWS::CloudFormation::Stack"
_GONE = "DELETE_COMPLETE"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of one stack."""

    type: str
    logical_id: str
    physical_id: str
    status: str
    stack: str
    """Id of the stack that it is in."""


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """The top-level stack with all that is nested in it."""

    name: str
    id: str
    status: str
    status_reason: str
    description: str
    termination_protection: bool
    outputs: dict[str, str]
    resources: tuple[Resource, ...]

    def of_type(self, type_: str) -> tuple[str, ...]:
        """Physical ids of the resources of a type."""
        return tuple(each.physical_id for each in self.resources if each.type == type_)

    def the(self, type_: str) -> str:
        """The physical id of the one resource of a type. Raises OpsError where there is none."""
        ids = self.of_type(type_)
        if not ids:
            raise OpsError(f"stack {self.name} has no {type_}")
        return ids[0]

    def output(self, key: str) -> str:
        """An output. Raises OpsError where the stack has none of that name."""
        if key not in self.outputs:
            raise OpsError(f"stack {self.name} has no output {key}; was it deployed with this version?")
        return self.outputs[key]

    @property
    def nested(self) -> tuple[Resource, ...]:
        """The nested stacks."""
        return tuple(each for each in self.resources if each.type == _NESTED)


def find_stack(aws: Aws, name: str) -> DeployedStack | None:
    """The stack of this name, or None where there is none."""
    cloudformation = aws.client("cloudformation")
    # CloudFormation has no code of its own for a stack that is not there.
    answer = found(cloudformation.describe_stacks, "ValidationError", StackName=name)
    if answer is None:
        return None
    stack = answer["Stacks"][0]
    return DeployedStack(
        name=name,
        id=stack["StackId"],
        status=stack["StackStatus"],
        status_reason=stack.get("StackStatusReason", ""),
        description=stack.get("Description", ""),
        termination_protection=stack.get("EnableTerminationProtection", False),
        outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())},
        resources=tuple(_resources(aws, stack["StackId"])),
    )


def read_stack(aws: Aws, name: str) -> DeployedStack:
    """The stack of this name. Raises OpsError where there is none."""
    stack = find_stack(aws, name)
    if stack is None:
        raise OpsError(
            f"there is no stack {name} in {aws.region} of account {aws.account}. "
            "Was it deployed under another name (--name) or in another region (--region)?"
        )
    return stack


def templates(aws: Aws, stack: DeployedStack) -> Iterator[dict[str, Any]]:
    """The templates of the nested stacks."""
    for nested in stack.nested:
        yield _template(aws, nested.physical_id)


def named_templates(aws: Aws, stack: DeployedStack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every template by the name of its stack, as ``ops.assembly`` has them; the top-level one under no name."""
    yield "", _template(aws, stack.id)
    for nested in stack.nested:
        if nested.physical_id:  # one that was never begun has none
            yield nested.logical_id.partition("NestedStack")[0], _template(aws, nested.physical_id)


def _template(aws: Aws, stack_id: str) -> dict[str, Any]:
    body = aws.client("cloudformation").get_template(StackName=stack_id)["TemplateBody"]
    # botocore parses a template that is JSON; an in-memory AWS may hand out its text.
    template: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return template


def _resources(aws: Aws, stack_id: str) -> Iterator[Resource]:
    for summary in aws.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack_id):
        resource = Resource(
            type=summary["ResourceType"],
            logical_id=summary["LogicalResourceId"],
            physical_id=summary.get("PhysicalResourceId", ""),
            status=summary["ResourceStatus"],
            stack=stack_id,
        )
        if resource.status == _GONE:
            continue
        yield resource
        if resource.type == _NESTED and resource.physical_id:
            yield from _resources(aws, resource.physical_id)
