"""The checks of alarms and of what they look at, against moto."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest
from moto import mock_aws

from ops.aws import Aws
from ops.checks import Finding, NotCheckedError
from ops.report import Status
from ops.stack import DeployedStack, Resource
from ops.verify import alarms
from ops.verify.subject import DagTest, Deployment
from tests.ops.answers import make_aws
from tests.ops.in_memory import REGION
from tests.ops.test_verify_kubernetes import STACK

GROUP = "/airflow-eks/airflow/alarm-metrics"
METRIC, COMPOSITE = "airflow-queue-memory", "airflow-airflow-down"


def resource(type_: str, id_: str) -> Resource:
    return Resource(type=type_, logical_id=id_.strip("/"), physical_id=id_, status="CREATE_COMPLETE", stack="airflow")


WITH_ALARMS = dataclasses.replace(
    STACK,
    resources=(
        resource("AWS::CloudWatch::Alarm", METRIC),
        resource("AWS::CloudWatch::CompositeAlarm", COMPOSITE),
        resource("AWS::Logs::LogGroup", GROUP),
        resource("AWS::Logs::LogGroup", "/aws/eks/airflow/cluster"),
    ),
)


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Two alarms that are not off, and a group that was written to just now."""
    with mock_aws():
        made = make_aws(REGION)
        cloudwatch, logs = made.client("cloudwatch"), made.client("logs")
        # moto knows no call that makes a composite alarm; described by its name it is one like the others.
        for name in (METRIC, COMPOSITE):
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="N",
                MetricName="m",
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
            )
        cloudwatch.set_alarm_state(AlarmName=METRIC, StateValue="OK", StateReason="")
        logs.create_log_group(logGroupName=GROUP)
        yield made


def subject(aws: Aws, stack: DeployedStack = WITH_ALARMS) -> Deployment:
    return Deployment(
        aws=aws,
        stack=stack,
        kubernetes=NotCheckedError("no API server here"),
        dag_test=DagTest(dag_id="hello", skip=True, timeout_seconds=1),
    )


def write(aws: Aws, *, seconds_ago: float) -> None:
    logs = aws.client("logs")
    logs.create_log_stream(logGroupName=GROUP, logStreamName="airflow")
    at = int((time.time() - seconds_ago) * 1000)
    logs.put_log_events(
        logGroupName=GROUP, logStreamName="airflow", logEvents=[{"timestamp": at, "message": "a metric"}]
    )


def only(findings: Iterator[Finding]) -> Finding:
    (found,) = findings
    return found


def test_none_is_off(aws: Aws) -> None:
    found = only(alarms.alarms(subject(aws)))
    assert found.status is Status.OK
    assert "2 alarms, none is off" in found.found


def test_one_that_is_off_is_named(aws: Aws) -> None:
    aws.client("cloudwatch").set_alarm_state(AlarmName=METRIC, StateValue="ALARM", StateReason="a trial")
    found = only(alarms.alarms(subject(aws)))
    assert found.status is Status.FAILURE
    assert found.found == f"{METRIC} is off"


def test_one_that_somebody_deleted_is_named(aws: Aws) -> None:
    aws.client("cloudwatch").delete_alarms(AlarmNames=[COMPOSITE])
    found = only(alarms.alarms(subject(aws)))
    assert found.status is Status.FAILURE
    assert found.found == f"{COMPOSITE} does not exist"


def test_alarms_that_are_switched_off_are_no_fault(aws: Aws) -> None:
    assert list(alarms.alarms(subject(aws, STACK))) == []
    assert list(alarms.arrival(subject(aws, STACK))) == []


def test_metrics_arrive(aws: Aws) -> None:
    write(aws, seconds_ago=300)
    found = only(alarms.arrival(subject(aws)))
    assert (found.status, found.check) == (Status.OK, GROUP)


@pytest.mark.parametrize(("seconds_ago", "told"), [(3 * 3600, "nothing for 180 minutes"), (None, "nothing has ever")])
def test_silence_is_a_fault(aws: Aws, seconds_ago: float | None, told: str) -> None:
    if seconds_ago is not None:
        write(aws, seconds_ago=seconds_ago)
    found = only(alarms.arrival(subject(aws)))
    assert found.status is Status.FAILURE
    assert told in found.found
