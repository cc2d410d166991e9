"""Log groups that the CDK owns: with a retention, the deployment's key, and gone with the deployment."""

from __future__ import annotations

from aws_cdk import CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

from airflow_eks.ordering import resource
from airflow_eks.tags import charge_to
from constructs import Construct, IConstruct

HANDLER_LOG_RETENTION_DAYS = 14
_HANDLER_LOGS = "HandlerLogs"


def retention(days: int) -> logs.RetentionDays:
    """The retention of so many days. Raises ValueError where CloudWatch Logs offers none such."""
    return _RETENTION[days]


# jsii enums carry no number; these are the members of logs.RetentionDays.
_RETENTION: dict[int, logs.RetentionDays] = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    120: logs.RetentionDays.FOUR_MONTHS,
    150: logs.RetentionDays.FIVE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    400: logs.RetentionDays.THIRTEEN_MONTHS,
    545: logs.RetentionDays.EIGHTEEN_MONTHS,
    731: logs.RetentionDays.TWO_YEARS,
    1096: logs.RetentionDays.THREE_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    2192: logs.RetentionDays.SIX_YEARS,
    2557: logs.RetentionDays.SEVEN_YEARS,
    2922: logs.RetentionDays.EIGHT_YEARS,
    3288: logs.RetentionDays.NINE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


def group_id(name: str) -> str:
    """An id for the construct of a group, by its name."""
    return name.strip("/").replace("/", "-")


class OwnedLogGroup(Construct):
    """A log group that is made before whoever writes to it, and deleted after.

    AWS makes a group that is missing by itself, without retention or key, and leaves it behind.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        retention: logs.RetentionDays,
        key: kms.IKey,
        name: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        charge_to(self, "logs")
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=name,
            retention=retention,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )


def take_over_log_group(function: IConstruct, *, key: kms.IKey) -> None:
    """Give the log group that the CDK makes for one of its own functions our retention and key."""
    group = resource(function.node.find_child("LogGroup"))
    charge_to(group, "logs")
    group.add_property_override("RetentionInDays", HANDLER_LOG_RETENTION_DAYS)
    group.add_property_override("KmsKeyId", key.key_arn)


def own_handler_log_group(scope: Construct, *, provider: str, key: kms.IKey) -> None:
    """Give the function behind one of the CDK's own custom resources a log group of ours.

    ``provider`` is the id of the singleton that the CDK adds to the stack. Such functions have no property for it.
    """
    function = Stack.of(scope).node.find_child(provider)
    if function.node.try_find_child(_HANDLER_LOGS):
        return  # it serves all buckets of the stack
    handler = function.node.find_child("Handler")
    if not isinstance(handler, CfnResource) or not isinstance(function, Construct):
        raise TypeError(f"{provider} has no function any more; see what aws-cdk-lib made of it")
    group = OwnedLogGroup(function, _HANDLER_LOGS, retention=retention(HANDLER_LOG_RETENTION_DAYS), key=key).log_group
    handler.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})
