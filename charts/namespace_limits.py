"""What all pods of a namespace together may ask for, and what a container gets that says nothing of it."""

from __future__ import annotations

import cdk8s_plus_27 as kplus

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
    quantity = kplus.k8s.Quantity.from_string
    metadata = kplus.k8s.ObjectMeta(name=name, namespace=namespace)
    quota = kplus.k8s.KubeResourceQuota(
        scope,
        "quota",
        metadata=metadata,
        spec=kplus.k8s.ResourceQuotaSpec(
            hard={
                "requests.cpu": quantity(cpu),
                "requests.memory": quantity(memory),
                "limits.memory": quantity(memory),
                "pods": quantity(str(pods)),
                # A web page of a job is reached through the API server; nothing here opens the cluster.
                "services.loadbalancers": quantity("0"),
                "services.nodeports": quantity("0"),
            }
        ),
    )
    limits = kplus.k8s.KubeLimitRange(
        scope,
        "limits",
        metadata=metadata,
        spec=kplus.k8s.LimitRangeSpec(
            limits=[
                kplus.k8s.LimitRangeItem(
                    type="Container",
                    default_request={"cpu": quantity(container_cpu), "memory": quantity(container_memory)},
                    default={"memory": quantity(container_memory)},
                )
            ]
        ),
    )
    return [quota, limits]
