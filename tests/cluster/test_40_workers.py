"""Workers go when there is no work, come with work, and lose no task of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.cluster import airflow as af
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.load import COUNT
from tests.cluster.load import DAG as MANY
from tests.cluster.losses import until
from tests.cluster.platform import Platform

# KEDA waits five minutes before the last worker goes, which may then end in peace.
_GONE_SECONDS = 900
_MANY_SECONDS = 1200

Record = Callable[[str, object], None]


def test_workers_go_when_there_is_no_work(platform: Platform, record_property: Record) -> None:
    """After the samples; the tests before this one fill most of the time."""
    seconds = until(lambda: workers(platform) == 0, seconds=_GONE_SECONDS, what="no worker, without work")
    record_property("seconds until the last worker was gone", round(seconds))


@pytest.mark.usefixtures("pushed")
def test_workers_come_with_work_and_no_task_is_lost(
    platform: Platform, airflow: ClusterAirflow, record_property: Record
) -> None:
    """From none: with work for more than one worker there are more, and each task runs once."""
    assert workers(platform) == 0
    started = time.monotonic()
    run_id = af.trigger(airflow, MANY)
    most = 0

    def over() -> bool:
        nonlocal most
        most = max(most, workers(platform))
        return airflow.run_state(MANY, run_id) in af.OVER

    until(over, seconds=_MANY_SECONDS, what=f"the end of {MANY}")
    record_property("seconds", round(time.monotonic() - started))
    record_property("workers at most", most)
    found = airflow.task_instances(MANY, run_id)
    wrong = {each["map_index"]: (each["state"], each["try_number"]) for each in found if each["state"] != "success"}
    assert len(found) == COUNT
    assert wrong == {}
    assert {each["try_number"] for each in found} == {1}, "a task was lost and tried again"
    assert most >= 1


def workers(platform: Platform) -> int:
    """How many there are, those that still end their tasks included."""
    pods = platform.kube.core.list_namespaced_pod(platform.namespace, label_selector="component=worker").items
    return len(pods)
