"""What is lost: pods of a Deployment, and a node. And when it is there again.

A lost pod is one that is gone at once, without a word: its processes are killed where it has a shell to kill them
with, and its object is deleted with no grace. Its first process is out of a shell's reach; the node ends that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kubernetes.client.exceptions import ApiException

from tests.cluster.kube import Kube

_POLL_SECONDS = 0.5
_KILL = "kill -s KILL -- -1"
_NOT_OURS = ("uid", "resource_version", "creation_timestamp", "managed_fields", "deletion_timestamp")


def until(reached: Callable[[], bool], *, seconds: float, what: str, poll: float = _POLL_SECONDS) -> float:
    """Wait, and give the seconds that it took. Fails with ``what`` was waited for."""
    started = time.monotonic()
    while True:
        with suppress(ApiException):
            if reached():
                return time.monotonic() - started
        assert time.monotonic() - started < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(poll)


def pods_of(kube: Kube, namespace: str, deployment: str) -> list[Any]:
    """The pods of a Deployment."""
    labels = kube.apps.read_namespaced_deployment(deployment, namespace).spec.selector.match_labels
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    found: list[Any] = kube.core.list_namespaced_pod(namespace, label_selector=selector).items
    return found


def is_there(kube: Kube, namespace: str, deployment: str) -> bool:
    """Whether the platform has this Deployment at all, with a pod to lose."""
    names = [one.metadata.name for one in kube.apps.list_namespaced_deployment(namespace).items]
    return deployment in names and bool(pods_of(kube, namespace, deployment))


def lose_pods(kube: Kube, namespace: str, deployment: str) -> set[str]:
    """Lose all pods of a Deployment at once. Gives their ids."""
    lost = pods_of(kube, namespace, deployment)
    assert lost, f"{namespace}/{deployment} has no pods"
    for pod in lost:
        _lose(kube, pod)
    return {pod.metadata.uid for pod in lost}


def is_whole(kube: Kube, namespace: str, deployment: str, *, lost: set[str]) -> bool:
    """Whether a Deployment has all of its pods, Ready, and none of those that were lost."""
    wanted = kube.apps.read_namespaced_deployment(deployment, namespace).spec.replicas
    pods = pods_of(kube, namespace, deployment)
    return (
        not any(pod.metadata.uid in lost for pod in pods)
        and sum(is_ready(pod) for pod in pods) >= wanted
        and all(is_ready(pod) for pod in pods)
    )


def is_ready(pod: Any) -> bool:
    """Whether a pod is Ready."""
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())


def _lose(kube: Kube, pod: Any) -> None:
    name, namespace = pod.metadata.name, pod.metadata.namespace
    # The node would give them all the time that the pod has for its end: to a worker a day, in which it ends its tasks.
    for container in pod.spec.containers:
        command = ("exec", name, "--namespace", namespace, "--container", container.name, "--", "sh", "-c", _KILL)
        kube.kubectl(*command, check=False, timeout=30)
    # Gone already is gone.
    with suppress(ApiException):
        kube.core.delete_namespaced_pod(name, namespace, grace_period_seconds=0)


def busiest_node(kube: Kube, namespace: str, component: str) -> str:
    """The node with most pods of a component of Airflow."""
    pods = kube.core.list_namespaced_pod(namespace, label_selector=f"component={component}").items
    nodes = [pod.spec.node_name for pod in pods if is_ready(pod)]
    assert nodes, f"no {component} is Ready"
    return max(sorted(set(nodes)), key=nodes.count)


@contextmanager
def node_lost(kube: Kube, name: str) -> Iterator[set[str]]:
    """Lose a node for as long as the block runs, and have it back afterwards, as another one that takes its place.

    It takes no new pods, all that it had are gone at once, and its object is deleted; then the object is made again.
    It does not play what comes before that: a kubelet that says nothing for 40 seconds, and pods that are given up
    five minutes later. What a node brings by a DaemonSet comes back with it. Gives the ids of the lost pods.
    """
    node = kube.core.read_node(name)
    kube.core.patch_node(name, {"spec": {"unschedulable": True}})
    pods = [
        pod
        for pod in kube.core.list_pod_for_all_namespaces(field_selector=f"spec.nodeName={name}").items
        if not any(owner.kind in ("DaemonSet", "Node") for owner in pod.metadata.owner_references or ())
    ]
    try:
        for pod in pods:
            _lose(kube, pod)
        kube.core.delete_node(name)
        yield {pod.metadata.uid for pod in pods}
    finally:
        for key in _NOT_OURS:
            setattr(node.metadata, key, None)
        node.spec.unschedulable, node.status = None, None
        _make_again(kube, node)


def _make_again(kube: Kube, node: Any) -> None:
    try:
        kube.core.create_node(node)
    except ApiException as error:
        # A kubelet that registered by itself, or the object was not gone yet.
        if error.status != 409:
            raise
        kube.core.patch_node(node.metadata.name, {"spec": {"unschedulable": None}})
