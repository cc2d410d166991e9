"""Where pods run: the labels and taints of node groups and NodePools, and how a pod asks for one."""

from __future__ import annotations

from typing import Any

from settings.workers import DEFAULT_QUEUE

POOL_LABEL = "airflow-eks/pool"
"""Label of every node: which pool it belongs to. Pools with a taint use the same key."""

SYSTEM_POOL = "system"
"""The managed node group: controllers and add-ons, without which no other node could start."""
SERVICES_POOL = "airflow-services"
"""Airflow's servers, on demand."""
WORKERS_POOL = "airflow-workers"
"""Airflow's Celery workers of the default queue; tainted, as those of the other queues are."""

TASK_PODS_POOL = "task-pods"
"""Pods that tasks start by the KubernetesPodOperator; tainted."""

ARCHITECTURE = {"kubernetes.io/arch": "arm64"}


def worker_pool(queue: str) -> str:
    """The pool of a queue's workers."""
    return WORKERS_POOL if queue == DEFAULT_QUEUE else f"{WORKERS_POOL}-{queue}"


def node_selector(pool: str) -> dict[str, str]:
    """Selects the arm64 nodes of one pool."""
    return {**ARCHITECTURE, POOL_LABEL: pool}


def taint(pool: str) -> dict[str, str]:
    """The taint that keeps all others away from a pool."""
    return {"key": POOL_LABEL, "value": pool, "effect": "NoSchedule"}


def toleration(pool: str) -> dict[str, str]:
    """Tolerates the taint of one pool."""
    return {"key": POOL_LABEL, "operator": "Equal", "value": pool, "effect": "NoSchedule"}


def spread(match_labels: dict[str, str]) -> list[dict[str, Any]]:
    """Spreads replicas over zones first, then over nodes, where there is more than one."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": match_labels},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def resources(*, cpu: str, memory: str) -> dict[str, dict[str, str]]:
    """CPU as a request only, because a limit throttles; memory as request and limit, because it cannot be shared."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}
