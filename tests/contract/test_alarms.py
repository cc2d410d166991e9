"""Each alarm of the templates goes off when it should, and does not when it should not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from settings import capacity
from tests.support.alarms import Alarm, State, composite
from tests.support.deployment import Deployment
from tests.support.metric_math import Point

GONE: Point = None
_GIB = 1024**3
LONG = 40
"""Periods: more than any alarm looks back."""


@dataclass(frozen=True)
class Case:
    """What an alarm's metrics say, the last period last. A single value stands for all periods."""

    fires: dict[str, list[Point]]
    quiet: dict[str, list[Point]]


def steady(value: Point) -> list[Point]:
    return [value] * LONG


def after(usual: Point, *last: Point) -> list[Point]:
    """As usual, and then this."""
    return [*[usual] * (LONG - len(last)), *last]


def case(name: str, fires: list[Point], quiet: list[Point]) -> Case:
    return Case({name: fires}, {name: quiet})


QUEUED, FAILED, DONE = "airflow_pool_queued_slots", "airflow_ti_failures_total", "airflow_ti_successes_total"
BEAT, PARSED = "airflow_scheduler_heartbeat_total", "airflow_dag_processor_heartbeat_total"
PRESSURE = {f"node_status_condition_{kind}_pressure": steady(0) for kind in ("memory", "disk", "pid")}

# Sides of a threshold, gaps, and what is a moment only.
CASES: dict[str, list[Case]] = {
    "scheduler-heartbeat": [
        case(BEAT, after(12, 0, 0, 0, 0, 0), after(12, 0, 0, 0, 0, 12)),
        case(BEAT, after(12, *[GONE] * 7), after(12, GONE, GONE, 12)),
        case(BEAT, steady(GONE), steady(1)),
    ],
    "dag-processor-heartbeat": [
        case(PARSED, after(12, 0, 0, 0, 0, 0), after(12, 0, 0)),
        case(PARSED, steady(GONE), steady(2)),
    ],
    "import-errors": [
        case("airflow_dag_processing_import_errors", after(0, *[1] * 15), after(0, *[1] * 14)),
        case("airflow_dag_processing_import_errors", steady(3), steady(GONE)),
    ],
    "tasks-starving": [
        case("airflow_scheduler_tasks_starving", after(0, *[2] * 30), after(2, *[2] * 20, 0, *[2] * 10)),
    ],
    "tasks-queued": [
        Case(
            {QUEUED: steady(5), FAILED: steady(0), DONE: steady(0)},
            {QUEUED: steady(5), FAILED: steady(0), DONE: after(0, 1, 0, 0)},
        ),
        # Counters of tasks appear with the first task.
        Case(
            {QUEUED: after(0, *[5] * 6), FAILED: steady(GONE), DONE: steady(GONE)},
            {QUEUED: after(0, *[5] * 5), FAILED: steady(GONE), DONE: steady(GONE)},
        ),
        Case(
            {QUEUED: steady(1), FAILED: steady(GONE), DONE: steady(0)},
            {QUEUED: steady(GONE), FAILED: steady(GONE), DONE: steady(GONE)},
        ),
    ],
    "tasks-failing": [
        Case({FAILED: steady(6), DONE: steady(10)}, {FAILED: steady(5), DONE: steady(15)}),
        # All of few is not many; and all there are, without one that went well.
        Case({FAILED: steady(9), DONE: steady(GONE)}, {FAILED: steady(4), DONE: steady(0)}),
        Case({FAILED: after(0, 50, 50, 50), DONE: steady(60)}, {FAILED: after(50, 0, 50), DONE: steady(60)}),
        Case({FAILED: steady(100), DONE: steady(1)}, {FAILED: steady(GONE), DONE: steady(7)}),
    ],
    "pooler-waiting": [
        case("pgbouncer_exporter_pools_waiting_clients", after(0, *[1] * 10), after(3, *[0] * 2)),
    ],
    "node-launches-failing": [
        case("karpenter_cloudprovider_errors_total", after(0, 1, 1, 0, 2), after(0, 1, 0, 0, 2)),
        case("karpenter_cloudprovider_errors_total", steady(4), steady(GONE)),
    ],
    "secrets-not-ready": [case("externalsecret_status_condition", after(0, *[1] * 15), after(0, *[1] * 14))],
    "no-healthy-target": [
        case("HealthyHostCount", after(2, 0, 0, 0), after(2, 0, 0, 1)),
        case("HealthyHostCount", steady(GONE), steady(1)),
    ],
    "certificate-expiry": [
        case("DaysToExpiry", steady(29), steady(30)),
        case("DaysToExpiry", after(200, 5), steady(GONE)),
    ],
    "database-unreachable": [
        case("DatabaseConnections", after(80, *[0] * 5), after(80, *[0] * 4)),
        case("DatabaseConnections", steady(GONE), steady(9)),
    ],
    "database-cpu": [
        case("CPUUtilization", after(20, *[91] * 15), after(20, *[91] * 14)),
        case("CPUUtilization", steady(100), steady(90)),
    ],
    "database-storage": [case("FreeLocalStorage", steady(1.9 * _GIB), steady(2 * _GIB))],
    "queue-memory": [
        Case(
            {"DatabaseMemoryUsagePercentage": after(10, *[81] * 5)},
            {"DatabaseMemoryUsagePercentage": after(10, *[81] * 4)},
        )
    ],
    "queue-evictions": [case("Evictions", after(0, 1), after(1, 0))],
    "queue-failover": [
        case("IsMaster", after(1, 0), after(1, 0, 0)),
        case("IsMaster", after(0, 1), steady(0)),
        case("IsMaster", after(1, GONE, 0), after(1, GONE, 1)),
    ],
    "node-pressure": [
        Case({**PRESSURE, "node_status_condition_disk_pressure": after(0, *[1] * 10)}, PRESSURE),
        Case(
            {**PRESSURE, "node_status_condition_memory_pressure": steady(1)},
            {**PRESSURE, "node_status_condition_pid_pressure": after(0, *[1] * 9)},
        ),
    ],
    "nodes-failed": [case("cluster_failed_node_count", after(0, *[1] * 15), after(0, *[1] * 14))],
    "pods-crashing": [
        case(
            "pod_container_status_waiting_reason_crash_loop_back_off",
            after(0, *[1, 1, 0] * 5),
            after(0, *[1, 0, 0] * 5),
        )
    ],
    "spot-interruptions": [
        case("MatchedEvents", after(0, 10), after(10, 9)),
        case("MatchedEvents", steady(30), steady(GONE)),
    ],
}
OF_A_CERTIFICATE = "certificate-expiry"
OF_THE_CLASS = "database-connections"
OF_ALL = "airflow-down"


def alarms(deployment: Deployment) -> dict[str, Alarm]:
    prefix = f"{deployment.settings.name}-"
    return {
        str(each.properties["AlarmName"]).removeprefix(prefix): Alarm(each.properties)
        for each in deployment.all("AWS::CloudWatch::Alarm")
    }


def test_each_alarm_has_its_cases(default_deployment: Deployment) -> None:
    assert set(alarms(default_deployment)) == set(CASES) - {OF_A_CERTIFICATE} | {OF_THE_CLASS}


@pytest.mark.parametrize("name", CASES)
def test_an_alarm_fires_and_rests(name: str, aws: Deployment, internet: Deployment) -> None:
    alarm = alarms(internet if name == OF_A_CERTIFICATE else aws)[name]
    for number, each in enumerate(CASES[name]):
        assert alarm.names == set(each.fires) == set(each.quiet)
        assert alarm.evaluate(each.fires) == "ALARM", f"case {number} does not fire"
        assert alarm.evaluate(each.quiet) == "OK", f"case {number} fires"


def test_connections_are_measured_against_what_the_class_accepts(aws: Deployment, dev: Deployment) -> None:
    for deployment in (aws, dev):
        usable = capacity.database_connections(deployment.settings).usable
        alarm = alarms(deployment)[OF_THE_CLASS]
        assert alarm.evaluate({"DatabaseConnections": after(20, *[usable + 1] * 3)}) == "ALARM"
        assert alarm.evaluate({"DatabaseConnections": steady(usable)}) == "OK"
        assert alarm.evaluate({"DatabaseConnections": steady(GONE)}) == "OK"
    assert alarms(aws)[OF_THE_CLASS].properties["Threshold"] != alarms(dev)[OF_THE_CLASS].properties["Threshold"]


@pytest.mark.parametrize("which", ["scheduler-heartbeat", "no-healthy-target", "database-unreachable"])
def test_airflow_is_down_when_one_of_three_is(which: str, default_deployment: Deployment) -> None:
    rule = str(default_deployment.one("AWS::CloudWatch::CompositeAlarm").properties["AlarmRule"])
    name_of = {
        each.att("Arn"): str(each.properties["AlarmName"]).partition("-")[2]
        for each in default_deployment.all("AWS::CloudWatch::Alarm")
    }
    quiet: dict[str, State] = dict.fromkeys(name_of, "OK")
    assert not composite(rule, quiet)
    assert composite(rule, {arn: "ALARM" if name == which else "OK" for arn, name in name_of.items()})
    others: dict[str, State] = {
        arn: "OK" if name in ("scheduler-heartbeat", "no-healthy-target", "database-unreachable") else "ALARM"
        for arn, name in name_of.items()
    }
    assert not composite(rule, others)


def test_everybody_is_told_when_it_begins_and_ends(default_deployment: Deployment) -> None:
    topic = default_deployment.one("AWS::SNS::Topic")
    for type_ in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for alarm in default_deployment.all(type_):
            assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == [topic.ref]


def test_nobody_publishes_without_being_named(default_deployment: Deployment) -> None:
    policy = default_deployment.one("AWS::SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]
    allowed = [each for each in policy if each["Effect"] == "Allow"]
    budget = {"budgets.amazonaws.com"} if default_deployment.all("AWS::Budgets::Budget") else set()
    assert {each["Principal"]["Service"] for each in allowed} == {
        "cloudwatch.amazonaws.com",
        "events.rds.amazonaws.com",
        *budget,
    }
    for each in allowed:
        assert each["Action"] == "sns:Publish"
        assert "aws:SourceAccount" in each["Condition"]["StringEquals"]
        assert "aws:SourceArn" in each["Condition"]["ArnLike"]
    (database,) = [each for each in allowed if each["Principal"]["Service"] == "events.rds.amazonaws.com"]
    source = database["Condition"]["ArnLike"]["aws:SourceArn"]
    assert default_deployment.one("AWS::RDS::DBCluster").ref in str(source)
    (denied,) = [each for each in policy if each["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
