"""What tells people: alarms are there and none is off, and what they look at arrives."""

from __future__ import annotations

import time

from ops.checks import Findings, not_checked, verdict
from ops.verify.subject import Deployment

_ALARM, _COMPOSITE, _GROUP = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::LogGroup"
_NAMES_PER_CALL = 100
# Groups that somebody always writes to while the deployment runs, by how their names end.
_BUSY = ("/alarm-metrics", "/application", "/performance")
_OWN = ("/airflow-eks/", "/aws/containerinsights/")
# CloudWatch Logs says an hour late at most when a stream was written to last; the rest is an hour of nothing.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
_SILENT_SECONDS = 2 * 3600


def alarms(subject: Deployment) -> Findings:
    """Every alarm of the stack exists, and none is off."""
    expected = [*subject.stack.of_type(_ALARM), *subject.stack.of_type(_COMPOSITE)]
    if not expected:
        return  # they are switched off
    states: dict[str, str] = {}
    for start in range(0, len(expected), _NAMES_PER_CALL):
        names = expected[start : start + _NAMES_PER_CALL]
        answer = subject.aws.client("cloudwatch").describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_NAMES_PER_CALL
        )
        for alarm in [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]:
            states[alarm["AlarmName"]] = alarm["StateValue"]
    faults = [f"{name} does not exist" for name in expected if name not in states]
    faults += [f"{name} is off" for name in expected if states.get(name) == "ALARM"]
    waiting = sum(state == "INSUFFICIENT_DATA" for state in states.values())
    told = f"{len(states)} alarms, none is off" + (f", {waiting} have no data yet" if waiting else "")
    yield verdict("alarms", told, faults=faults, advice="docs/alarms.md leads to a page for each, of what to do")


def arrival(subject: Deployment) -> Findings:
    """Logs and metrics arrive: the groups that somebody always writes to have been written to."""
    for group in subject.stack.of_type(_GROUP):
        if not (group.startswith(_OWN) and group.endswith(_BUSY)):
            continue
        if subject.aws.in_memory:
            yield not_checked(group, "the AWS at this endpoint is in memory: nobody writes logs")
            continue
        streams = subject.aws.client("logs").describe_log_streams(
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
        )["logStreams"]
        last = streams[0].get("lastEventTimestamp", 0) / 1000 if streams else 0
        minutes = round((time.time() - last) / 60)
        silent = time.time() - last > _SILENT_SECONDS
        fault = f"nothing for {minutes} minutes" if streams else "nothing has ever arrived"
        yield verdict(
            group,
            f"written to, {minutes} minutes ago or less",
            faults=[fault] if silent else [],
            advice="Ask who writes: kubectl get pods --all-namespaces --selector "
            "'app.kubernetes.io/name in (alarm-metrics, fluent-bit, cloudwatch-agent)'",
        )
