"""Small templates, and how to make stacks of them without the command line."""

from __future__ import annotations

import json
import time
from typing import Any

from ops.sandbox.aws import Aws

TAKEN = "/taken"
"""Name of a log group that a test makes before the stack that wants it."""

QUEUE = {"Type": "AWS::SQS::Queue"}
LOG_GROUP = {"Type": "AWS::Logs::LogGroup", "DependsOn": "Queue", "Properties": {"LogGroupName": TAKEN}}

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def stack_of(resources: dict[str, Any], **sections: Any) -> str:
    """A template with these resources."""
    return json.dumps({"Resources": resources, **sections})


def create(aws: Aws, name: str, body: str, **arguments: Any) -> dict[str, Any]:
    """Create a stack and wait. Gives its description."""
    aws.call("cloudformation", "create_stack", StackName=name, TemplateBody=body, **arguments)
    return wait(aws, name)


def delete(aws: Aws, name: str) -> dict[str, Any]:
    """Delete a stack and wait. Gives its last description."""
    id_ = describe(aws, name)["StackId"]
    aws.call("cloudformation", "delete_stack", StackName=name)
    return wait(aws, id_)


def wait(aws: Aws, name: str) -> dict[str, Any]:
    """Wait until nothing is in progress. Gives the stack's description."""
    while (stack := describe(aws, name))["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(0.05)
    return stack


def describe(aws: Aws, name: str) -> dict[str, Any]:
    """A stack's description."""
    (stack,) = aws.call("cloudformation", "describe_stacks", StackName=name)["Stacks"]
    return stack


def reasons(aws: Aws, name: str) -> list[str]:
    """Why resources of a stack failed."""
    events = aws.call("cloudformation", "describe_stack_events", StackName=name)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """Outputs of a described stack."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
