"""Queues."""

from __future__ import annotations

from ops.sandbox.inputs import text
from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again
from ops.sandbox.resource_types.tagging import tags

_ATTRIBUTES = ("KmsMasterKeyId", "MessageRetentionPeriod", "SqsManagedSseEnabled", "VisibilityTimeout")


class Queue(ResourceType):
    name = "AWS::SQS::Queue"
    in_place = (
        again(lambda request, physical: _configure(request, physical.attributes["QueueUrl"]), *_ATTRIBUTES),
        tags("sqs", "{physical[QueueUrl]}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        queue = properties.get("QueueName") or request.name(limit=80)
        url = request.aws.call(
            "sqs",
            "create_queue",
            QueueName=queue,
            Attributes=_attributes(request),
            tags={tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])},
        )["QueueUrl"]
        return Physical(
            ref=f"https://sqs.{request.region.name}.{request.region.dns_suffix}/{url.split('/', 3)[3]}",
            attributes={"Arn": request.region.arn("sqs", queue), "QueueName": queue, "QueueUrl": url},
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("sqs", "delete_queue", QueueUrl=deletion.physical.attributes["QueueUrl"])


class QueuePolicy(ResourceType):
    name = "AWS::SQS::QueuePolicy"
    in_place = (again(lambda request, _: _put_policy(request), "PolicyDocument"),)

    def create(self, request: Request) -> Physical:
        _put_policy(request)
        return Physical(ref=request.name())

    def delete(self, deletion: Deletion) -> None:
        for url in deletion.properties["Queues"]:
            deletion.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": ""})


def _attributes(request: Request) -> dict[str, str]:
    return {name: text(value) for name, value in request.properties.pick(*_ATTRIBUTES).items()}


def _configure(request: Request, url: str) -> None:
    request.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=_attributes(request))


def _put_policy(request: Request) -> None:
    policy = text(request.properties["PolicyDocument"])
    for url in request.properties["Queues"]:
        request.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})
