"""Custom resources: the handler's own code runs, and answers to the URL that its event names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation.callbacks import Callbacks
from ops.sandbox.inputs import text
from ops.sandbox.resource_types.base import (
    CUSTOM_RESOURCE,
    Change,
    CreationFailedError,
    Deletion,
    Physical,
    Request,
    ResourceType,
)


class CustomResource(ResourceType):
    """``Custom::…``: what ``Fn::GetAtt`` gives is the ``Data`` of the handler's answer."""

    name = CUSTOM_RESOURCE

    def create(self, request: Request) -> Physical:
        properties = request.properties.everything()
        answer = _ask(
            request.aws,
            request.cloudformation.callbacks,
            properties,
            {
                "RequestType": "Create",
                "LogicalResourceId": request.logical_id,
                "ResourceType": request.type,
                "StackId": request.stack_id,
            },
        )
        physical = Physical(ref=answer.get("PhysicalResourceId") or request.name(), attributes=answer.get("Data") or {})
        if answer["Status"] != "SUCCESS":
            raise CreationFailedError(_reason(answer), physical=physical)
        return physical

    def update(self, request: Request, change: Change) -> Physical:
        answer = _ask(
            request.aws,
            request.cloudformation.callbacks,
            request.properties.everything(),
            {
                "RequestType": "Update",
                "LogicalResourceId": request.logical_id,
                "PhysicalResourceId": change.physical.ref,
                "ResourceType": request.type,
                "StackId": request.stack_id,
            },
            old=change.properties,
        )
        if answer["Status"] != "SUCCESS":
            raise RuntimeError(_reason(answer))
        # With another physical id it is another resource, and the old one is deleted in the end.
        ref = answer.get("PhysicalResourceId") or change.physical.ref
        return Physical(ref=ref, attributes=answer.get("Data") or {})

    def delete(self, deletion: Deletion) -> None:
        answer = _ask(
            deletion.aws,
            deletion.cloudformation.callbacks,
            deletion.properties,
            {
                "RequestType": "Delete",
                "LogicalResourceId": deletion.logical_id,
                "PhysicalResourceId": deletion.ref,
                "ResourceType": deletion.type,
                "StackId": deletion.stack_id,
            },
        )
        if answer["Status"] != "SUCCESS":
            raise RuntimeError(_reason(answer))


def _ask(
    aws: Aws,
    callbacks: Callbacks,
    properties: Mapping[str, Any],
    event: Mapping[str, str],
    *,
    old: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Invoke the handler and wait for its answer.

    CloudFormation would wait an hour for an answer that never comes. Here the handler has ended by the time that the
    invocation comes back, so that a missing answer is known at once.
    """
    callback = callbacks.expect()
    token = properties["ServiceToken"]
    payload = {
        **event,
        "RequestId": str(uuid.uuid4()),
        # The handlers speak HTTPS to it, as they do to Amazon S3; their runtime turns it into HTTP on loopback.
        "ResponseURL": f"https://127.0.0.1{callback.path}",
        "ServiceToken": token,
        "ResourceProperties": _as_strings(properties),
        **({} if old is None else {"OldResourceProperties": _as_strings(old)}),
    }
    response = aws.call("lambda", "invoke", FunctionName=token, Payload=json.dumps(payload).encode())
    if callback.answer is None:
        said = response["Payload"].read().decode(errors="replace")
        return {"Status": "FAILED", "Reason": f"{token.rpartition(':')[2]} ended without an answer: {said}"}
    return callback.answer


def _as_strings(value: Any) -> Any:
    """CloudFormation hands every scalar over as a string."""
    if isinstance(value, Mapping):
        return {key: _as_strings(item) for key, item in value.items()}
    return [_as_strings(item) for item in value] if isinstance(value, list) else text(value)


def _reason(answer: Mapping[str, Any]) -> str:
    return f"Received response status [FAILED] from custom resource. Message returned: {answer.get('Reason')}"
