"""Nodes for the pools that the platform asks for: the labels and taints that Karpenter would give them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from charts.placement import POOL_LABEL, SERVICES_POOL, SYSTEM_POOL, TASK_PODS_POOL, WORKERS_POOL
from charts.spark.pools import NODE_GROUP_TYPE, SPARK_POOLS
from tests.cluster.kube import Kube

_MARK = "airflow-eks/labelled-for-tests"
_ZONE = "topology.kubernetes.io/zone"
_CAPACITY = "karpenter.sh/capacity-type"
_ARCHITECTURE = "kubernetes.io/arch"


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a node of a pool has."""

    name: str
    labels: Mapping[str, str]
    taint: str = ""


def _spark(capacity: str) -> Place:
    pool = SPARK_POOLS[0]
    labels = {NODE_GROUP_TYPE: pool.node_group_type, _CAPACITY: capacity}
    return Place(name=f"{pool.name} {capacity}", labels=labels, taint=f"{pool.name}=true:NoSchedule")


def _pool(name: str, *, tainted: bool) -> Place:
    return Place(name=name, labels={POOL_LABEL: name}, taint=f"{POOL_LABEL}={name}:NoSchedule" if tainted else "")


# In the order in which nodes are given away; the last ones are for who has more.
PLACES = (
    _pool(SYSTEM_POOL, tainted=False),
    _pool(SERVICES_POOL, tainted=False),
    _pool(WORKERS_POOL, tainted=True),
    _pool(TASK_PODS_POOL, tainted=True),
    _spark("on-demand"),
    _spark("spot"),
    _pool(SERVICES_POOL, tainted=False),
    _pool(SYSTEM_POOL, tainted=False),
)
LEAST = 4


@dataclass(kw_only=True)
class Node:
    """A node, as far as it matters here."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[str] = field(default_factory=list)


def plan(nodes: Iterable[Node], *, zones: list[str]) -> Iterator[tuple[Node, dict[str, str], str]]:
    """What each node gets: labels, and a taint or none. A node that has a pool, or a taint, keeps what it has."""
    nodes = list(nodes)
    wanted = list(PLACES)
    for node in nodes:
        found = next((place for place in wanted if place.labels.items() <= node.labels.items()), None)
        if found:
            wanted.remove(found)
    taken = [node for node in nodes if any(key in node.labels for key in (POOL_LABEL, NODE_GROUP_TYPE))]
    free = [node for node in nodes if node not in taken and not node.taints]
    for number, node in enumerate(nodes):
        labels, taint = {}, ""
        if node in free and wanted:
            place = wanted.pop(0)
            labels, taint = dict(place.labels), place.taint
        if not (node in free or node in taken):
            continue
        if _ZONE not in node.labels:
            labels[_ZONE] = zones[number % len(zones)]
        if node.labels.get(_ARCHITECTURE) != "arm64":
            labels[_ARCHITECTURE] = "arm64"
        if labels or taint:
            yield node, labels, taint


def read_nodes(kube: Kube) -> list[Node]:
    """The nodes of the cluster."""
    return [
        Node(
            name=node.metadata.name,
            labels=dict(node.metadata.labels),
            taints=[f"{taint.key}={taint.value or ''}:{taint.effect}" for taint in node.spec.taints or ()],
        )
        for node in kube.core.list_node().items
    ]


def label(kube: Kube, zones: list[str]) -> None:
    """Label and taint the nodes, and keep in an annotation what to take off again."""
    for node, labels, taint in plan(read_nodes(kube), zones=zones):
        before = {key: node.labels.get(key) for key in labels}
        kept = json.dumps({"labels": before, "taint": taint})
        metadata: dict[str, Any] = {"labels": labels, "annotations": {_MARK: kept}}
        kube.kubectl("patch", "node", node.name, "--patch", json.dumps({"metadata": metadata}))
        if taint:
            kube.kubectl("taint", "node", node.name, taint, "--overwrite")


def restore(kube: Kube) -> None:
    """Take off what ``label`` put on, whenever that was."""
    for node in kube.core.list_node().items:
        kept = (node.metadata.annotations or {}).get(_MARK)
        if kept is None:
            continue
        before = json.loads(kept)
        metadata = {"labels": before["labels"], "annotations": {_MARK: None}}
        kube.kubectl("patch", "node", node.metadata.name, "--patch", json.dumps({"metadata": metadata}))
        if before["taint"]:
            key = f"{before['taint'].partition('=')[0]}:{before['taint'].rpartition(':')[2]}-"
            kube.kubectl("taint", "node", node.metadata.name, key, check=False)
