"""Alarms: who is told what, and the dashboard."""

from __future__ import annotations

from aws_cdk import NestedStack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms

from airflow_eks.alarms.airflow import add_airflow_alarms
from airflow_eks.alarms.alarm_set import AlarmSet
from airflow_eks.alarms.cluster import add_controller_alarms, add_node_alarms, add_spot_alarm
from airflow_eks.alarms.dashboard import AlarmDashboard, Watched
from airflow_eks.alarms.data import add_database_alarms, add_queue_alarms
from airflow_eks.alarms.events import FailoverNotice, MonthlyBudget
from airflow_eks.alarms.front import add_certificate_alarm, add_load_balancer_alarm
from airflow_eks.alarms.topic import AlarmTopic, SlackChannel
from airflow_eks.load_balancer_lookup import LoadBalancerLookup
from airflow_eks.tags import charge_to
from charts import airflow as charts
from constructs import Construct
from settings import Settings, capacity
from stacks.state import State

AIRFLOW_IS_DOWN = ("scheduler-heartbeat", "no-healthy-target", "database-unreachable")


class Alarms(NestedStack):
    """The last to come, when there is something to watch, and the first to go, before what it watches does.

    What is watched depends on who publishes: an alarm without a metric would be off, or on, for ever.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        cluster: eks.ICluster,
        state: State,
        spot_rule: str,
        certificate_arn: str | None,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="Alarms: topic, alarms, dashboard")
        charge_to(self, "monitoring")
        name, choice, addons = settings.name, settings.alarms, settings.addons
        topic = AlarmTopic(
            self,
            "Topic",
            deployment=name,
            region=settings.region,
            emails=choice.emails,
            slack=SlackChannel(workspace_id=choice.slack.workspace_id, channel_id=choice.slack.channel_id)
            if choice.slack
            else None,
            key=key,
        )
        self.topic = topic.topic
        front = LoadBalancerLookup(
            self,
            "LoadBalancer",
            cluster=cluster,
            namespace=charts.NAMESPACE,
            ingress=charts.INGRESS,
            scheme=settings.airflow.ingress.effective_scheme,
            name=charts.load_balancer_name(name),
            key=key,
        )
        database = state.database.cluster.cluster_identifier
        queue, replicas = state.broker.group.ref, settings.broker.replicas
        alarms = AlarmSet(self, "Alarms", deployment=name, topic=self.topic, runbook=choice.runbook)
        if addons.alarm_metrics:
            add_airflow_alarms(
                alarms,
                deployment=name,
                failed_tasks_percent=choice.failed_tasks_percent,
                queued_minutes=choice.queued_minutes,
            )
            add_controller_alarms(alarms, deployment=name)
        add_load_balancer_alarm(alarms, target_group=front.target_group_dimensions)
        if certificate_arn:
            add_certificate_alarm(alarms, certificate_arn=certificate_arn)
        add_database_alarms(alarms, cluster=database, usable_connections=capacity.database_connections(settings).usable)
        add_queue_alarms(alarms, group=queue, replicas=replicas)
        if addons.container_insights:
            add_node_alarms(alarms, cluster=name)
        add_spot_alarm(alarms, rule=spot_rule)
        alarms.add_composite(
            "airflow-down",
            what="Airflow is down: its scheduler is silent, nobody reaches its API, or nobody its database.",
            any_of=list(AIRFLOW_IS_DOWN),
        )
        if settings.database.readers:
            FailoverNotice(self, "Failover", region=settings.region, cluster=database, topic=topic)
        if choice.monthly_budget:
            MonthlyBudget(
                self,
                "Budget",
                deployment=name,
                amount=choice.monthly_budget,
                currency=settings.facts.currency,
                topic=topic,
            )
        AlarmDashboard(
            self,
            "Dashboard",
            watched=Watched(
                deployment=name,
                database=database,
                queue=queue,
                queue_replicas=replicas,
                file_system=state.file_system.file_system.file_system_id if state.file_system else None,
                load_balancer=front.load_balancer_dimensions,
                target_group=front.target_group_dimensions,
                spot_rule=spot_rule,
                airflow=addons.alarm_metrics,
                insights=addons.container_insights,
            ),
            alarms=list(alarms.alarms.values()),
        )
