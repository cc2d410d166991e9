"""Alarms and dashboards."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import put
from ops.sandbox.resource_types.tagging import tags

# A tag is given to an alarm that is there by a call of its own: the one that makes it has no eye for it then.
_ALARM = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)
_COMPOSITE_ALARM = (
    "ActionsEnabled",
    "ActionsSuppressor",
    "ActionsSuppressorExtensionPeriod",
    "ActionsSuppressorWaitPeriod",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "AlarmRule",
    "InsufficientDataActions",
    "OKActions",
)


class Alarm(ResourceType):
    name = "AWS::CloudWatch::Alarm"
    in_place = (
        put("cloudwatch", "put_metric_alarm", *_ALARM),
        tags("cloudwatch", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        name = request.properties["AlarmName"]
        request.call("cloudwatch", "put_metric_alarm", *request.properties)
        return Physical(ref=name, attributes={"Arn": request.region.arn("cloudwatch", f"alarm:{name}")})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("cloudwatch", "delete_alarms", AlarmNames=[deletion.ref])


class CompositeAlarm(ResourceType):
    name = "AWS::CloudWatch::CompositeAlarm"
    in_place = (
        put("cloudwatch", "put_composite_alarm", *_COMPOSITE_ALARM),
        tags("cloudwatch", "{physical[Arn]}"),
    )

    def create(self, request: Request) -> Physical:
        name = request.properties["AlarmName"]
        request.call("cloudwatch", "put_composite_alarm", *request.properties)
        return Physical(ref=name, attributes={"Arn": request.region.arn("cloudwatch", f"alarm:{name}")})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("cloudwatch", "delete_alarms", AlarmNames=[deletion.ref])


class Dashboard(ResourceType):
    name = "AWS::CloudWatch::Dashboard"
    in_place = (put("cloudwatch", "put_dashboard", "DashboardBody", "DashboardName", "Tags"),)

    def create(self, request: Request) -> Physical:
        name = request.properties["DashboardName"]
        request.call("cloudwatch", "put_dashboard", *request.properties)
        return Physical(ref=name)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("cloudwatch", "delete_dashboards", DashboardNames=[deletion.ref])
