"""Checks of sizes: a pod that no node can hold waits for ever, and a process with too little memory never starts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings import capacity, node_sizes
from settings.errors import Contradiction
from settings.node_sizes import Room
from settings.quantities import cores, gibibytes

if TYPE_CHECKING:
    from settings.model import Settings

# MiB. Airflow starts in about 190, and then reads DAGs, answers requests or runs tasks.
_LEAST_OF_AIRFLOW = 512
_LEAST_OF_PROMETHEUS = 512
_LEAST_OF_A_CONTAINER = 16
_SERVERS = ("api_server", "scheduler", "dag_processor", "triggerer")

# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
_CACHE_NODE = re.compile(r"t4g\.(micro|small|medium)|(?!t)\w+\.(large|\d*xlarge)")


def check_sizes(settings: Settings) -> Iterator[Contradiction]:
    """Where a pod fits on no node that its pool may have, or its process not into the pod."""
    services = node_sizes.largest(capacity.GIB_PER_VCPU)
    for name in _SERVERS:
        server = getattr(settings.airflow, name)
        yield from _pod(f"airflow.{name}.", server.cpu, server.memory, room=services, least=_LEAST_OF_AIRFLOW)
    if settings.addons.prometheus:
        metrics = settings.metrics
        yield from _pod("metrics.", metrics.cpu, metrics.memory, room=services, least=_LEAST_OF_PROMETHEUS)
    yield from _workers(settings)
    task_pods = settings.airflow.task_pods
    if task_pods.enabled:
        yield from _pod(
            "airflow.task_pods.container_",
            task_pods.container_cpu,
            task_pods.container_memory,
            room=node_sizes.largest(task_pods.instance_categories),
            least=_LEAST_OF_A_CONTAINER,
        )
    yield from _system_nodes(settings)
    if not _CACHE_NODE.fullmatch(settings.broker.node_type):
        allowed = "ElastiCache has t4g.micro, t4g.small and t4g.medium, and of the other families large and up"
        yield Contradiction("broker.node_type", settings.broker.node_type, allowed)


def _workers(settings: Settings) -> Iterator[Contradiction]:
    seen = set()
    for each in settings.airflow.worker_sets:
        size = (each.cpu, each.memory, each.instance_categories)
        if size in seen:  # a queue with the default one's workers: what is wrong is said once
            continue
        seen.add(size)
        # Too little for its tasks is said by checks_workers.py, with how much they need.
        enough = capacity.memory_per_task(each) >= capacity.LEAST_MEMORY_PER_TASK
        yield from _pod(
            f"{each.key}.",
            each.cpu,
            each.memory,
            room=node_sizes.largest(each.instance_categories),
            least=_LEAST_OF_AIRFLOW if enough else 0,
        )


def _pod(prefix: str, cpu: str, memory: str, *, room: Room, least: int) -> Iterator[Contradiction]:
    """``prefix`` is of the keys; ``least`` is in MiB."""
    most = math.floor(room.memory_gib)
    if cores(cpu) > room.vcpus:
        allowed = f"must be at most {math.floor(room.vcpus)}, which the largest node that may carry it has for pods"
        yield Contradiction(f"{prefix}cpu", cpu, allowed)
    if gibibytes(memory) > room.memory_gib:
        allowed = f"must be at most {most}Gi, which the largest node that may carry it has for pods"
        yield Contradiction(f"{prefix}memory", memory, allowed)
    elif gibibytes(memory) * 1024 < least:
        allowed = f"must be at least {least}Mi: with less it is killed before it is of use"
        yield Contradiction(f"{prefix}memory", memory, allowed)


def _system_nodes(settings: Settings) -> Iterator[Contradiction]:
    """The controllers and add-ons run there: without them there is no other node."""
    nodes, addons = settings.cluster.nodes, settings.addons
    node, asked = node_sizes.of_instance(nodes.instance_type), node_sizes.system_pods(addons)
    one = node_sizes.largest_system_pod(addons)
    # With the Cluster Autoscaler there are more nodes as soon as a pod waits for one.
    key, number = ("max", nodes.max) if addons.cluster_autoscaler else ("min", nodes.min)
    if node.vcpus < one.vcpus or node.memory_gib < one.memory_gib:
        allowed = "too small for the pods of the controllers, beside what runs on every node; take m7g.large or larger"
    elif number * node.vcpus < asked.vcpus or number * node.memory_gib < asked.memory_gib:
        allowed = (
            f"{number} of them (cluster.nodes.{key}) have no room for the controllers and add-ons, which ask for "
            f"{asked.vcpus:.1f} CPUs and {asked.memory_gib:.1f}Gi; take a larger type, or raise cluster.nodes.{key}"
        )
    else:
        return
    yield Contradiction("cluster.nodes.instance_type", nodes.instance_type, allowed)
