"""Losses under a DAG of 200 short tasks: what is lost comes back, and work goes on.

What became of the tasks is judged at the end, in test_80_verdict.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.load import Load
from tests.cluster.losses import busiest_node, is_there, is_whole, lose_pods, node_lost, pods_of, until
from tests.cluster.platform import Platform

Record = Callable[[str, object], None]

BACK_SECONDS = 180
"""How long a lost pod may take to be Ready again, its image being there."""
GOES_ON_SECONDS = 180
NODE_SECONDS = 20
DATABASE_SECONDS = 60
QUEUE_SECONDS = 90

AIRFLOW = "airflow"
CONTROLLERS = [
    ("keda", "keda-operator"),
    ("keda", "keda-operator-metrics-apiserver"),
    ("keda", "keda-admission-webhooks"),
    ("external-secrets", "external-secrets"),
    ("external-secrets", "external-secrets-webhook"),
    ("external-secrets", "external-secrets-cert-controller"),
    ("karpenter", "karpenter"),
    ("kube-system", "aws-load-balancer-controller"),
    ("kube-system", "metrics-server"),
    ("spark-operator", "spark-operator-controller"),
    ("spark-operator", "spark-operator-webhook"),
    (AIRFLOW, "airflow-scheduler"),
    (AIRFLOW, "airflow-triggerer"),
    (AIRFLOW, "airflow-dag-processor"),
    (AIRFLOW, "airflow-statsd"),
]


@pytest.mark.parametrize(("namespace", "name"), CONTROLLERS, ids=[name for _, name in CONTROLLERS])
def test_a_controller_is_lost(
    platform: Platform, load: Load, record_property: Record, namespace: str, name: str
) -> None:
    if not is_there(platform.kube, namespace, name):
        pytest.skip(f"{name} is not deployed here")
    load.keep_going()
    _lose(platform, load, record_property, namespace, name)


@pytest.mark.parametrize("name", ["airflow-pgbouncer", "airflow-api-server"])
def test_all_servers_of_a_kind_are_lost_at_once(
    platform: Platform, load: Load, record_property: Record, name: str
) -> None:
    load.keep_going()
    _lose(platform, load, record_property, AIRFLOW, name)


def test_the_database_is_away(cluster: Cluster, platform: Platform, load: Load, record_property: Record) -> None:
    load.keep_going()
    failed = load.failed()
    with cluster.away("database"):
        time.sleep(DATABASE_SECONDS)
    _back(platform, load, record_property)
    assert load.failed().keys() <= failed.keys()


def test_the_queue_is_away(cluster: Cluster, platform: Platform, load: Load, record_property: Record) -> None:
    load.keep_going()
    failed = load.failed()
    with cluster.away("queue"):
        time.sleep(QUEUE_SECONDS)
    _back(platform, load, record_property)
    assert load.failed().keys() <= failed.keys()


def test_a_node_of_workers_is_lost(platform: Platform, load: Load, record_property: Record) -> None:
    """The last one: where all workers were there, nothing begins until Airflow gives up what ran there.

    That takes minutes, which the upgrades fill.
    """
    load.keep_going()
    name = busiest_node(platform.kube, AIRFLOW, "worker")
    with node_lost(platform.kube, name) as lost:
        time.sleep(NODE_SECONDS)
    load.node_back = datetime.now(UTC)
    record_property("pods lost", len(lost))
    assert lost


def _lose(platform: Platform, load: Load, record_property: Record, namespace: str, name: str) -> None:
    at = datetime.now(UTC)
    lost = lose_pods(platform.kube, namespace, name)
    back = until(
        lambda: is_whole(platform.kube, namespace, name, lost=lost), seconds=BACK_SECONDS, what=f"{name} to be Ready"
    )
    record_property("pods lost", len(lost))
    record_property("Ready again after s", round(back, 1))
    record_property("work goes on after s", round(load.goes_on(at, seconds=GOES_ON_SECONDS)))


def _back(platform: Platform, load: Load, record_property: Record) -> None:
    """A data store is there again: so is the work, and every server of Airflow, without anybody's help.

    How many workers there are to be is for KEDA to say: one may wait for room on its nodes.
    """
    at = datetime.now(UTC)
    record_property("work goes on after s", round(load.goes_on(at, seconds=GOES_ON_SECONDS)))
    servers = platform.kube.apps.list_namespaced_deployment(AIRFLOW, label_selector="component!=worker").items
    names = [one.metadata.name for one in servers]
    for name in names:
        until(
            lambda name=name: is_whole(platform.kube, AIRFLOW, name, lost=set()),
            seconds=BACK_SECONDS, what=f"{name} to be Ready",
        )  # fmt: skip
    record_property("all Ready after s", round((datetime.now(UTC) - at).total_seconds()))
    restarts = sum(
        status.restart_count
        for name in names
        for pod in pods_of(platform.kube, AIRFLOW, name)
        for status in pod.status.container_statuses or ()
    )
    record_property("restarts of containers so far", restarts)
