"""Another minor version of Airflow: back to the one before, as docs/upgrade.md says, and forward again, under load."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.names import AIRFLOW_NAMESPACE
from settings import load_releases
from tests.cluster.airflow import ClusterAirflow, run
from tests.cluster.images import tags_on_nodes
from tests.cluster.load import Load
from tests.cluster.losses import until
from tests.cluster.platform import Platform

Record = Callable[[str, object], None]

_AIRFLOW = load_releases().images["airflow"]
_PAUSED = "autoscaling.keda.sh/paused-replicas"
_STOPPED = ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
_STOP_SECONDS = 300
_DAG = "hello_world_scheduled_dag"


@pytest.fixture(scope="module")
def before(platform: Platform) -> str:
    """The newest patch of an older minor version that the nodes have."""
    here = _number(_AIRFLOW.tag)[:2]
    found = [tag for tag in tags_on_nodes(platform.kube, _AIRFLOW.upstream) if _number(tag)[:2] < here]
    if not found:
        pytest.skip(f"no node has {_AIRFLOW.upstream} of a minor version before {_AIRFLOW.tag}")
    return max(found, key=_number)


@pytest.fixture(scope="module")
def went_back(platform: Platform, load: Load, before: str) -> str:
    """The older version, deployed after the newer one took its migrations back. No task is under way."""
    for number in load.runs:
        load.verdict(number, seconds=900)
    _kubectl(platform, "annotate", "scaledobject", "--all", "--overwrite", f"{_PAUSED}=0")
    _kubectl(platform, "scale", "deployment", *_STOPPED, "--replicas=0")
    _kubectl(platform, "delete", "job", "--selector=component=setup")
    until(lambda: not _pods(platform), seconds=_STOP_SECONDS, what="the end of schedulers and workers")
    server = ("exec", "deployment/airflow-api-server", "--container=api-server", "--")
    _kubectl(platform, *server, "airflow", "db", "downgrade", "--to-version", before, "--yes", timeout=600)
    done = platform.cdk("deploy", "--app", f"python -m tests.cluster.changed_app airflow={before}")
    assert done.returncode == 0, done.stdout
    _kubectl(platform, "annotate", "scaledobject", "--all", f"{_PAUSED}-")
    return before


def test_the_version_before_runs_again(airflow: ClusterAirflow, went_back: str) -> None:
    assert airflow.version() == went_back
    run(airflow, _DAG)


def test_the_version_comes_again_under_load(
    platform: Platform, airflow: ClusterAirflow, load: Load, went_back: str, record_property: Record
) -> None:
    """The database is migrated while tasks run; what became of them, test_80_verdict.py says."""
    assert went_back
    load.keep_going()
    done = platform.deploy()
    assert done.returncode == 0, done.stdout
    assert airflow.version() == _AIRFLOW.tag
    record_property("tasks that failed meanwhile", load.failed())
    run(airflow, _DAG)


def _number(tag: str) -> tuple[int, ...]:
    return tuple(int(part) for part in tag.split("."))


def _kubectl(platform: Platform, *arguments: str, timeout: float = 120) -> str:
    return platform.kubectl("--namespace", AIRFLOW_NAMESPACE, *arguments, timeout=timeout)


def _pods(platform: Platform) -> list[str]:
    selector = "component in (scheduler,dag-processor,triggerer,worker)"
    found = platform.kube.core.list_namespaced_pod(AIRFLOW_NAMESPACE, label_selector=selector).items
    return [pod.metadata.name for pod in found]
