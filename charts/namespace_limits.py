"""What all pods of a namespace together may ask for, and what a container gets that says nothing of it."""

from __future__ import annotations

from charts.objects import kube_object
from constructs import Construct


def namespace_limits(
    scope: Construct,
    *,
    namespace: str,
    name: str,
    cpu: str,
    memory: str,
    pods: int,
    container_cpu: str,
    container_memory: str,
) -> list[Construct]:
    """A ResourceQuota, and the LimitRange that belongs to it.

    Under such a quota Kubernetes refuses a container that says nothing of CPU and memory: the LimitRange says it.
    """
    hard = {
        "limits.memory": memory,
        "pods": str(pods),
        "requests.cpu": cpu,
        "requests.memory": memory,
        # A web page of a job is reached through the API server; nothing here opens the cluster.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    container = {
        "default": {"memory": container_memory},
        "defaultRequest": {"cpu": container_cpu, "memory": container_memory},
        "type": "Container",
    }
    return [
        kube_object(scope, "quota", kind="ResourceQuota", name=name, namespace=namespace, spec={"hard": hard}),
        kube_object(scope, "limits", kind="LimitRange", name=name, namespace=namespace, spec={"limits": [container]}),
    ]
