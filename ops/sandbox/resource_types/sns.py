"""Topics."""

from __future__ import annotations

from ops.sandbox.inputs import text
from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType, changed
from ops.sandbox.resource_types.in_place import again
from ops.sandbox.resource_types.tagging import tags

_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId")


def _configure(request: Request, change: Change) -> None:
    for name in sorted(changed(request, change) & set(_ATTRIBUTES)):
        value = text(request.properties.get(name, ""))
        request.aws.call(
            "sns", "set_topic_attributes", TopicArn=change.physical.ref, AttributeName=name, AttributeValue=value
        )


class Topic(ResourceType):
    name = "AWS::SNS::Topic"
    in_place = (
        InPlace(properties=frozenset(_ATTRIBUTES), apply=_configure, removable=frozenset(_ATTRIBUTES)),
        tags("sns", "{ref}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        name = properties.get("TopicName") or request.name(limit=256)
        arn = request.aws.call(
            "sns",
            "create_topic",
            Name=name,
            Attributes={key: text(value) for key, value in properties.pick(*_ATTRIBUTES).items()},
            Tags=properties.get("Tags", []),
        )["TopicArn"]
        return Physical(ref=arn, attributes={"TopicArn": arn, "TopicName": name})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("sns", "delete_topic", TopicArn=deletion.ref)


class TopicPolicy(ResourceType):
    name = "AWS::SNS::TopicPolicy"
    in_place = (again(lambda request, _: _put_policy(request), "PolicyDocument"),)

    def create(self, request: Request) -> Physical:
        _put_policy(request)
        return Physical(ref=request.name())

    def delete(self, deletion: Deletion) -> None:
        """A topic is never without one: this one goes with it."""


class Subscription(ResourceType):
    name = "AWS::SNS::Subscription"

    def create(self, request: Request) -> Physical:
        arn = request.call("sns", "subscribe", "TopicArn", "Protocol", "Endpoint", ReturnSubscriptionArn=True)
        return Physical(ref=arn["SubscriptionArn"])

    def delete(self, deletion: Deletion) -> None:
        deletion.call("sns", "unsubscribe", SubscriptionArn=deletion.ref)


def _put_policy(request: Request) -> None:
    policy = text(request.properties["PolicyDocument"])
    for topic in request.properties["Topics"]:
        request.aws.call("sns", "set_topic_attributes", TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
