"""Alarms and dashboards."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType


class Alarm(ResourceType):
    name = "AWS::CloudWatch::Alarm"

    def create(self, request: Request) -> Physical:
        name = request.properties["AlarmName"]
        request.call("cloudwatch", "put_metric_alarm", *request.properties)
        return Physical(ref=name, attributes={"Arn": request.region.arn("cloudwatch", f"alarm:{name}")})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("cloudwatch", "delete_alarms", AlarmNames=[deletion.ref])


class CompositeAlarm(ResourceType):
    name = "AWS::CloudWatch::CompositeAlarm"

    def create(self, request: Request) -> Physical:
        name = request.properties["AlarmName"]
        request.call("cloudwatch", "put_composite_alarm", *request.properties)
        return Physical(ref=name, attributes={"Arn": request.region.arn("cloudwatch", f"alarm:{name}")})

    def delete(self, deletion: Deletion) -> None:
        deletion.call("cloudwatch", "delete_alarms", AlarmNames=[deletion.ref])


class Dashboard(ResourceType):
    name = "AWS::CloudWatch::Dashboard"

    def create(self, request: Request) -> Physical:
        name = request.properties["DashboardName"]
        request.call("cloudwatch", "put_dashboard", *request.properties)
        return Physical(ref=name)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("cloudwatch", "delete_dashboards", DashboardNames=[deletion.ref])
