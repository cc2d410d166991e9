"""Where alarms are told: a topic, and who listens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from constructs import Construct, IDependable


@dataclass(frozen=True, kw_only=True)
class SlackChannel:
    """A channel, by the ids that Slack gives."""

    workspace_id: str
    channel_id: str


class AlarmTopic(Construct):
    """An encrypted topic. Alarms of the deployment publish, and what else is let; nobody does without TLS."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        deployment: str,
        region: str,
        emails: Sequence[str],
        slack: SlackChannel | None,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(self, "Topic", display_name=f"Alarms of {deployment}", master_key=key, enforce_ssl=True)
        # Their names are given by AWS; each begins with the deployment's.
        self.let_publish("cloudwatch", source=f"cloudwatch:{region}:{Aws.ACCOUNT_ID}:alarm:{deployment}-*")
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        if slack:
            # The channel reads; nobody gives orders to AWS there.
            role = iam.Role(
                self,
                "SlackRole",
                assumed_by=iam.ServicePrincipal(
                    "chatbot.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
                ),
                description=f"Alarms of {deployment} in Slack",
            )
            chatbot.CfnSlackChannelConfiguration(
                self,
                "Slack",
                configuration_name=f"{deployment}-alarms",
                slack_workspace_id=slack.workspace_id,
                slack_channel_id=slack.channel_id,
                iam_role_arn=role.role_arn,
                sns_topic_arns=[self.topic.topic_arn],
                guardrail_policies=[f"arn:{Aws.PARTITION}:iam::aws:policy/AWSDenyAll"],
                logging_level="ERROR",
            )

    def let_publish(self, service: str, *, source: str) -> IDependable:
        """Let a service of this account publish in the name of one source, an ARN without its partition.

        What makes the service publish comes after what is returned: some try the topic when they are told of it.
        """
        added = self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"From{service.title().replace('.', '')}",
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:{source}"},
                },
            )
        )
        if added.policy_dependable is None:  # pragma: no cover - a topic that is made here has a policy
            raise TypeError("a topic without a policy")
        return added.policy_dependable
