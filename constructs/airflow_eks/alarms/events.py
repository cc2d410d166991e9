"""What is told as it happens, without an alarm: failovers of the database, and the month's bill."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_rds as rds

from airflow_eks.alarms.topic import AlarmTopic
from constructs import Construct
from settings.tags import DEPLOYMENT_TAG

# Percent of the budget, and of what: what was spent, or what the month will come to.
_BUDGET_STEPS = ((80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


class FailoverNotice(Construct):
    """Amazon RDS tells the topic when the database fails over, and when it has.

    It publishes in the name of what the event is about, the cluster, and not in that of the subscription.
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.GrantingPermissions.html
    """

    def __init__(self, scope: Construct, id_: str, *, region: str, cluster: str, topic: AlarmTopic) -> None:
        super().__init__(scope, id_)
        let = topic.let_publish("events.rds", source=f"rds:{region}:{Aws.ACCOUNT_ID}:cluster:{cluster}")
        subscription = rds.CfnEventSubscription(
            self,
            "Subscription",
            sns_topic_arn=topic.topic.topic_arn,
            source_type="db-cluster",
            source_ids=[cluster],
            # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html
            event_categories=["failover"],
        )
        subscription.node.add_dependency(let)


class MonthlyBudget(Construct):
    """A budget of what carries the deployment's tag, once the tag is activated for cost allocation (docs/cost.md)."""

    def __init__(
        self, scope: Construct, id_: str, *, deployment: str, amount: int, currency: str, topic: AlarmTopic
    ) -> None:
        super().__init__(scope, id_)
        # The page names no ARN of a single budget: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
        let = topic.let_publish("budgets", source=f"budgets::{Aws.ACCOUNT_ID}:*")
        budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{deployment}-budget",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=amount, unit=currency),
                cost_filters={"TagKeyValue": [f"user:{DEPLOYMENT_TAG}${deployment}"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic.topic_arn)
                    ],
                )
                for percent, kind in _BUDGET_STEPS
            ],
        )
        budget.node.add_dependency(let)
