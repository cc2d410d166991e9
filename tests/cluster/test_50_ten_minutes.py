"""Ten minutes after the deployment every pod is Ready, none restarted since. The tests before fill the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from charts.airflow.endpoints import NAMESPACE as AIRFLOW
from ops.names import PLATFORM_NAMESPACES
from tests.cluster.losses import is_ready
from tests.cluster.platform import Platform

_SECONDS = 600
_ENDED = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_WHILE_DEPLOYED = 3
"""A controller that ends itself until its kinds or certificates are there does so this often at the most."""


@pytest.fixture(scope="module")
def deployed(platform: Platform) -> datetime:
    """When the deployment was over."""
    stack = platform.aws.call("cloudformation", "describe_stacks", StackName=platform.stack.name)["Stacks"][0]
    events = platform.aws.call("cloudformation", "describe_stack_events", StackName=stack["StackId"])["StackEvents"]
    ends = [
        each["Timestamp"]
        for each in events
        if each["PhysicalResourceId"] == stack["StackId"] and each["ResourceStatus"] in _ENDED
    ]
    assert ends, f"the stack is {stack['StackStatus']}"
    end: datetime = max(ends)
    return end if end.tzinfo else end.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def pods(platform: Platform, deployed: datetime) -> list[Any]:
    """The platform's pods, when the ten minutes are over."""
    time.sleep(max(0.0, _SECONDS - (datetime.now(UTC) - deployed).total_seconds()))
    namespaces = {*PLATFORM_NAMESPACES, AIRFLOW}
    found = platform.kube.core.list_pod_for_all_namespaces().items
    return [pod for pod in found if pod.metadata.namespace in namespaces and pod.metadata.deletion_timestamp is None]


def test_every_pod_is_ready(pods: list[Any]) -> None:
    assert pods
    waiting = [_named(pod) for pod in pods if pod.status.phase != "Succeeded" and not is_ready(pod)]
    assert waiting == []


def test_no_container_was_restarted(pods: list[Any], deployed: datetime) -> None:
    restarted = [told for pod in pods for told in _restarts(pod, deployed)]
    assert restarted == []


def _restarts(pod: Any, deployed: datetime) -> Iterator[str]:
    """Restarts after the deployment was over. Before, one is none: a controller starts before its kinds are there."""
    for each in (*(pod.status.container_statuses or ()), *(pod.status.init_container_statuses or ())):
        ended = each.last_state.terminated
        late = ended is None or ended.finished_at > deployed
        if each.restart_count and (late or each.restart_count > _WHILE_DEPLOYED):
            why = f"{ended.reason} {ended.exit_code} at {ended.finished_at}" if ended else "unknown"
            yield f"{_named(pod)}/{each.name}: {each.restart_count} times, the last: {why}"


def _named(pod: Any) -> str:
    return f"{pod.metadata.namespace}/{pod.metadata.name}"
