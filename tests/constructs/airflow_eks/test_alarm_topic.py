"""Who is told: the topic's listeners, the month's budget, failovers."""

from __future__ import annotations

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from airflow_eks.alarms.events import FailoverNotice, MonthlyBudget
from airflow_eks.alarms.topic import AlarmTopic, SlackChannel


def template(*, emails: tuple[str, ...] = (), slack: SlackChannel | None = None, budget: int = 0) -> Template:
    stack = Stack(App(), "stack")
    topic = AlarmTopic(
        stack,
        "Topic",
        deployment="airflow",
        region="us-west-2",
        emails=emails,
        slack=slack,
        key=kms.Key(stack, "Key"),
    )
    FailoverNotice(stack, "Failover", region="us-west-2", cluster="airflow-1", topic=topic)
    if budget:
        MonthlyBudget(stack, "Budget", deployment="airflow", amount=budget, currency="CNY", topic=topic)
    return Template.from_stack(stack)


def test_the_topic_is_encrypted_with_the_key() -> None:
    (topic,) = template().find_resources("AWS::SNS::Topic").values()
    assert topic["Properties"]["KmsMasterKeyId"]["Fn::GetAtt"][0].startswith("Key")


@pytest.mark.parametrize("emails", [(), ("a@example.com",), ("a@example.com", "b@example.com")])
def test_each_address_gets_an_e_mail(emails: tuple[str, ...]) -> None:
    found = template(emails=emails).find_resources("AWS::SNS::Subscription").values()
    assert {(each["Properties"]["Protocol"], each["Properties"]["Endpoint"]) for each in found} == {
        ("email", address) for address in emails
    }


def test_slack_reads_and_gives_no_orders() -> None:
    made = template(slack=SlackChannel(workspace_id="T1", channel_id="C1"))
    (channel,) = made.find_resources("AWS::Chatbot::SlackChannelConfiguration").values()
    properties = channel["Properties"]
    assert (properties["SlackWorkspaceId"], properties["SlackChannelId"]) == ("T1", "C1")
    assert "AWSDenyAll" in str(properties["GuardrailPolicies"])
    (role,) = made.find_resources("AWS::IAM::Role").values()
    assert "Policies" not in role["Properties"]
    assert "ManagedPolicyArns" not in role["Properties"]


def test_without_slack_there_is_no_role() -> None:
    assert template().find_resources("AWS::IAM::Role") == {}


def test_the_budget_is_of_what_carries_the_tag() -> None:
    (budget,) = template(budget=900).find_resources("AWS::Budgets::Budget").values()
    data = budget["Properties"]["Budget"]
    assert data["BudgetLimit"] == {"Amount": 900, "Unit": "CNY"}
    assert data["CostFilters"] == {"TagKeyValue": ["user:airflow-eks/deployment$airflow"]}
    told = [each["Notification"] for each in budget["Properties"]["NotificationsWithSubscribers"]]
    assert {(each["Threshold"], each["NotificationType"]) for each in told} == {
        (80, "ACTUAL"),
        (100, "ACTUAL"),
        (100, "FORECASTED"),
    }


def test_a_failover_of_the_database_is_told() -> None:
    (subscription,) = template().find_resources("AWS::RDS::EventSubscription").values()
    assert subscription["Properties"]["SourceIds"] == ["airflow-1"]
    assert subscription["Properties"]["EventCategories"] == ["failover"]


def senders(made: Template) -> dict[str, str]:
    """Who may publish, and in the name of what."""
    (policy,) = made.find_resources("AWS::SNS::TopicPolicy").values()
    return {
        each["Principal"]["Service"]: "".join(
            part if isinstance(part, str) else part["Ref"].removeprefix("AWS::")
            for part in each["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1]
        )
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    }


def test_who_publishes_does_so_in_the_name_of_what_it_tells_about() -> None:
    # Amazon RDS, for one, signs with the resource that the event is about, not with the subscription.
    assert senders(template(budget=900)) == {
        "cloudwatch.amazonaws.com": "arn:Partition:cloudwatch:us-west-2:AccountId:alarm:airflow-*",
        "events.rds.amazonaws.com": "arn:Partition:rds:us-west-2:AccountId:cluster:airflow-1",
        "budgets.amazonaws.com": "arn:Partition:budgets::AccountId:*",
    }


def test_who_has_nothing_to_tell_is_not_let_in() -> None:
    assert "budgets.amazonaws.com" not in senders(template())


@pytest.mark.parametrize("type_", ["AWS::RDS::EventSubscription", "AWS::Budgets::Budget"])
def test_the_topic_lets_them_in_before_they_try(type_: str) -> None:
    made = template(budget=900)
    (policy,) = made.find_resources("AWS::SNS::TopicPolicy")
    (told,) = made.find_resources(type_).values()
    assert policy in told["DependsOn"]
