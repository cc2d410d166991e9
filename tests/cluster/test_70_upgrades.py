"""Upgrades: of a setting, of Airflow's image, and one that fails and goes back by itself. Airflow always answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.names import AIRFLOW_NAMESPACE
from settings import load_releases
from tests.cluster.airflow import ClusterAirflow, run
from tests.cluster.images import tags_on_nodes
from tests.cluster.losses import is_whole, pods_of, until
from tests.cluster.observer import Observations, observed
from tests.cluster.platform import Platform

Record = Callable[[str, object], None]

_AIRFLOW = load_releases().images["airflow"]
_SERVER = "airflow-api-server"
_SETTLED_SECONDS = 120
_FAILS_SECONDS = 75
"""How long Helm waits for the release that never comes up: its pods cannot even start."""
_ANSWERS = 20
"""An observer that has seen less has seen nothing."""


def test_a_setting_is_changed(platform: Platform, record_property: Record) -> None:
    most = platform.settings.airflow.workers.max + 1
    with observed(platform.kube, AIRFLOW_NAMESPACE) as seen:
        done = platform.deploy(**{"airflow.workers.max": str(most)})
    assert done.returncode == 0, done.stdout
    assert _most_workers(platform) == most
    _record(record_property, seen)


def test_the_image_is_changed(platform: Platform, airflow: ClusterAirflow, record_property: Record) -> None:
    tag = _other_tag(platform)
    if tag is None:
        pytest.skip(f"no node has {_AIRFLOW.upstream} under the tag of another patch of {_AIRFLOW.tag}")
    with observed(platform.kube, AIRFLOW_NAMESPACE) as seen:
        done = platform.cdk("deploy", *_app(f"airflow={tag}"))
    assert done.returncode == 0, done.stdout
    assert _tags(platform) == {tag}
    _record(record_property, seen)
    run(airflow, "hello_world_scheduled_dag")


def test_an_image_that_cannot_be_pulled_is_taken_back(
    platform: Platform, airflow: ClusterAirflow, record_property: Record
) -> None:
    before, minor = _tags(platform), _AIRFLOW.tag.rpartition(".")[0]
    with observed(platform.kube, AIRFLOW_NAMESPACE) as seen:
        done = platform.cdk("deploy", *_app(f"airflow={minor}.999", "--seconds", str(_FAILS_SECONDS)))
    assert done.returncode != 0
    assert _stack_status(platform) == "UPDATE_ROLLBACK_COMPLETE", done.stdout
    names = [one.metadata.name for one in platform.kube.apps.list_namespaced_deployment(AIRFLOW_NAMESPACE).items]
    for name in names:
        until(
            lambda name=name: is_whole(platform.kube, AIRFLOW_NAMESPACE, name, lost=set()),
            seconds=_SETTLED_SECONDS,
            what=f"{name} as it was",
        )
    assert _tags(platform) == before
    jobs = platform.kube.batch.list_namespaced_job(AIRFLOW_NAMESPACE).items
    assert [job.metadata.name for job in jobs if not job.status.succeeded] == []
    _record(record_property, seen)
    run(airflow, "hello_world_scheduled_dag")


def _app(*arguments: str) -> tuple[str, str]:
    return "--app", " ".join(("python -m tests.cluster.changed_app", *arguments))


def _other_tag(platform: Platform) -> str | None:
    """The tag of another patch of the same minor version that every node has that has any."""
    minor = _AIRFLOW.tag.rpartition(".")[0]
    tags = {tag for tag in tags_on_nodes(platform.kube, _AIRFLOW.upstream) if tag.rpartition(".")[0] == minor}
    return max(tags - _tags(platform), default=None, key=lambda tag: int(tag.rpartition(".")[2]))


def _tags(platform: Platform) -> set[str]:
    """Tags of Airflow's image that its servers run."""
    found: set[str] = set()
    for name in (_SERVER, "airflow-scheduler", "airflow-triggerer", "airflow-dag-processor"):
        for pod in pods_of(platform.kube, AIRFLOW_NAMESPACE, name):
            if pod.metadata.deletion_timestamp is None:
                found |= {each.image.rpartition(":")[2] for each in pod.spec.containers if each.name == name[8:]}
    return found


def _most_workers(platform: Platform) -> int:
    objects = platform.kube.custom.list_namespaced_custom_object(
        "keda.sh", "v1alpha1", AIRFLOW_NAMESPACE, "scaledobjects"
    )
    return int(objects["items"][0]["spec"]["maxReplicaCount"])


def _stack_status(platform: Platform) -> str:
    stacks = platform.aws.call("cloudformation", "describe_stacks", StackName=platform.context["name"])["Stacks"]
    return str(stacks[0]["StackStatus"])


def _record(record_property: Record, seen: Observations) -> None:
    record_property("answered", seen.answered)
    assert seen.answered >= _ANSWERS
    assert seen.failures == []
