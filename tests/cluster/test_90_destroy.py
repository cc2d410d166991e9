"""`cdk destroy` leaves nothing: nothing in the cluster, and nothing in AWS, from whatever state."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from settings import load_releases
from tests.cluster.cluster import Cluster
from tests.cluster.platform import Platform

Record = Callable[[str, object], None]

_CONTROLLERS = {
    "external-secrets": ("external-secrets", ["external-secrets", "external-secrets-webhook"]),
    "keda": ("keda", ["keda-operator", "keda-operator-metrics-apiserver", "keda-admission-webhooks"]),
    "karpenter": ("karpenter", ["karpenter"]),
    "load-balancer-controller": ("kube-system", ["aws-load-balancer-controller"]),
    "spark-operator": ("spark-operator", ["spark-operator-controller", "spark-operator-webhook"]),
}
"""What is broken, one at a time: none of its pods runs."""

_GONE_SECONDS = 15
"""Until the pods of a controller have ended, and nobody asks them any more."""

STATES = ["failed-upgrade", "database-away", *(f"without-{name}" for name in _CONTROLLERS)]


def _asked_for() -> list[str]:
    """States that `CLUSTER_DESTROY_FROM` names: each is a deployment of its own, and costs that."""
    asked = os.environ.get("CLUSTER_DESTROY_FROM", "").split()
    return STATES if asked == ["every-state"] else asked


def test_destroy_leaves_nothing(cluster: Cluster, platform: Platform, record_property: Record) -> None:
    """From the state that the tests before this one left: after an upgrade that failed and went back."""
    _own(cluster)
    _destroy(platform, record_property)


@pytest.mark.parametrize("state", _asked_for())
def test_destroy_from_a_state_leaves_nothing(
    cluster: Cluster, platform: Platform, record_property: Record, state: str
) -> None:
    _own(cluster)
    assert state in STATES, f"CLUSTER_DESTROY_FROM has {state}: must be every-state, or some of {', '.join(STATES)}"
    done = platform.deploy()
    assert done.returncode == 0, done.stdout
    with _state(state, cluster, platform):
        _destroy(platform, record_property)


def _own(cluster: Cluster) -> None:
    if cluster.attached:
        pytest.skip("the platform is not this session's")


def _destroy(platform: Platform, record_property: Record) -> None:
    started = time.monotonic()
    done = platform.destroy()
    record_property("seconds", round(time.monotonic() - started))
    assert done.returncode == 0, done.stdout
    assert platform.left() == []


@contextmanager
def _state(state: str, cluster: Cluster, platform: Platform) -> Iterator[None]:
    with ExitStack() as undone:
        if state == "failed-upgrade":
            # Stays as it failed, half of it done: nothing is rolled back.
            minor = load_releases().images["airflow"].tag.rpartition(".")[0]
            app = f"python -m tests.cluster.changed_app airflow={minor}.999 --seconds 60"
            assert platform.cdk("deploy", "--no-rollback", "--app", app).returncode != 0
        elif state == "database-away":
            undone.enter_context(cluster.away("database"))
        else:
            namespace, names = _CONTROLLERS[state.removeprefix("without-")]
            platform.kubectl("scale", "deployment", *names, "--namespace", namespace, "--replicas=0")
            time.sleep(_GONE_SECONDS)
        yield
