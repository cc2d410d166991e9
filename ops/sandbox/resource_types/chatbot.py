"""Slack channels of Amazon Q Developer in chat applications."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType

_CHANNEL = ("GuardrailPolicies", "IamRoleArn", "LoggingLevel", "SlackChannelId", "SnsTopicArns", "Tags")


def _nothing(_request: Request, _change: Change) -> None:
    """Nobody plays the service: what a channel is, only its stack knows."""


class SlackChannelConfiguration(ResourceType):
    name = "AWS::Chatbot::SlackChannelConfiguration"
    unmodelled = ("SlackWorkspaceId", *_CHANNEL)
    in_place = (InPlace(properties=frozenset(_CHANNEL), apply=_nothing, removable=frozenset(_CHANNEL)),)

    def create(self, request: Request) -> Physical:
        name = request.properties["ConfigurationName"]
        arn = request.region.arn("chatbot", f"chat-configuration/slack-channel/{name}")
        return Physical(ref=arn, attributes={"Arn": arn})

    def delete(self, deletion: Deletion) -> None:
        """Only its stack knew of it."""
