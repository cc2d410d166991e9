"""Karpenter and cost: which nodes there are, whether new ones come, and what they cost."""

from __future__ import annotations

from charts.dashboards.board import RATE, Board, Query, bad_from

NAME = "karpenter-and-cost"

_GIB = 1024**3
_POOL, _CAPACITY = "label_airflow_eks_pool", "label_karpenter_sh_capacity_type"
_NODES = f"max by (node, {_POOL}, {_CAPACITY}) (kube_node_labels)"


def board(*, opencost: bool) -> Board:
    """Cost, where OpenCost is there to say it."""
    made = Board(
        name=NAME, title="Karpenter and cost", description="Do nodes come when they are needed, and what do they cost?"
    )
    _numbers(made)
    if opencost:
        _cost(made)
    _nodes(made)
    _launches(made)
    return made


def _numbers(made: Board) -> None:
    made.row("Do nodes come?")
    made.number("Nodes", Query(expr=f"count({_NODES})"), description="All that are in the cluster.")
    made.number(
        "Nodes not ready",
        Query(expr='sum(kube_node_status_condition{condition="Ready", status!="true"})'),
        description="For a while that is a new node. docs/runbooks/nodes-failed.md",
        colours=bad_from(3, warn=1),
    )
    made.number(
        "Pods without a node",
        Query(expr="sum(kube_pod_status_unschedulable) or vector(0)"),
        description="Karpenter is starting a node for them, or cannot. docs/runbooks/node-launches-failing.md",
        colours=bad_from(20, warn=1),
    )
    made.number(
        "Pods that no node would fit",
        Query(expr="max(karpenter_scheduler_unschedulable_pods_count) or vector(0)"),
        description="By what they ask for, or because a pool is at its limit.",
        colours=bad_from(1),
    )
    made.number(
        "Launches that failed, 1 hour",
        Query(expr="sum(increase(karpenter_cloudprovider_instance_launch_failures_total[1h])) or vector(0)"),
        description="docs/runbooks/node-launches-failing.md",
        colours=bad_from(10, warn=1),
        decimals=0,
    )
    made.number(
        "Interruptions, 1 hour",
        Query(expr="sum(increase(karpenter_interruption_received_messages_total[1h])) or vector(0)"),
        description="Messages of EC2 that a node goes or may go. docs/runbooks/spot-interruptions.md",
        colours=bad_from(20, warn=1),
        decimals=0,
    )


def _cost(made: Board) -> None:
    made.row("Cost, by OpenCost: USD, in China CNY")
    node_cost = "max by (node) (node_total_hourly_cost)"
    made.number(
        "All nodes, an hour", Query(expr=f"sum({node_cost})"), description="At the prices of now.", width=6, decimals=2
    )
    made.number(
        "All nodes, 30 days",
        Query(expr=f"720 * sum(avg_over_time({node_cost}[1d:10m]))"),
        description="If every day were like the last one.",
        width=6,
        decimals=0,
    )
    made.number(
        "On spot nodes",
        Query(
            expr=f"sum({node_cost} * on (node) group_left () max by (node)"
            f' (kube_node_labels{{{_CAPACITY}="spot"}})) / sum({node_cost}) or vector(0)'
        ),
        description="Of what all nodes cost.",
        unit="percentunit",
        width=6,
    )
    made.number(
        "Asked for by pods",
        Query(
            expr='sum(kube_pod_container_resource_requests{resource="cpu"} * on (namespace, pod) group_left ()'
            ' (kube_pod_status_phase{phase="Running"} == 1)) / sum(kube_node_status_allocatable{resource="cpu"})'
        ),
        description="Cores, of all that nodes have: the rest is paid for and idle.",
        unit="percentunit",
        width=6,
    )
    made.lines(
        "Nodes, an hour",
        [
            Query(
                expr=f"sum by ({_POOL}) ({node_cost} * on (node) group_left ({_POOL}) {_NODES})",
                legend=f"{{{{{_POOL}}}}}",
            )
        ],
        description="By pool.",
        stacked=True,
    )
    cpu = "container_cpu_allocation * on (node) group_left () max by (node) (node_cpu_hourly_cost)"
    memory = (
        f"container_memory_allocation_bytes / {_GIB} * on (node) group_left () max by (node) (node_ram_hourly_cost)"
    )
    made.lines(
        "Pods, an hour",
        [
            Query(
                expr=f"topk(10, sum by (exported_namespace) ({cpu}) + sum by (exported_namespace) ({memory}))",
                legend="{{exported_namespace}}",
            )
        ],
        description="By namespace, of the ten that cost most: what their pods ask for or use, whichever is more.",
        stacked=True,
    )


def _nodes(made: Board) -> None:
    made.row("Nodes")
    made.lines(
        "Nodes",
        [Query(expr=f"count by ({_POOL}, {_CAPACITY}) ({_NODES})", legend=f"{{{{{_POOL}}}}} {{{{{_CAPACITY}}}}}")],
        description="By pool, and how they are bought.",
        stacked=True,
    )
    made.lines(
        "Cores of NodePools, of their limit",
        [
            Query(
                expr='max by (nodepool) (karpenter_nodepools_usage{resource_type="cpu"})'
                ' / max by (nodepool) (karpenter_nodepools_limit{resource_type="cpu"})',
                legend="{{nodepool}}",
            )
        ],
        description="At 100% Karpenter starts no more: airflow.workers.max and spark.max_vcpus.",
        unit="percentunit",
        limit=1,
    )
    made.lines(
        "CPU of nodes",
        [
            Query(
                expr=f'1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle"}}[{RATE}]))',
                legend="{{instance}}",
            )
        ],
        description="In use.",
        unit="percentunit",
    )
    made.lines(
        "Memory of nodes",
        [
            Query(
                expr="1 - min by (instance) (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
                legend="{{instance}}",
            )
        ],
        description="In use. docs/runbooks/node-pressure.md",
        unit="percentunit",
    )


def _launches(made: Board) -> None:
    made.row("Karpenter")
    made.lines(
        "Nodes that came and went",
        [
            Query(
                expr=f"60 * sum by (nodepool) (rate(karpenter_nodeclaims_created_total[{RATE}]))",
                legend="came, {{nodepool}}",
            ),
            Query(
                expr=f"60 * sum by (nodepool) (rate(karpenter_nodeclaims_terminated_total[{RATE}]))",
                legend="went, {{nodepool}}",
            ),
        ],
        description="A minute.",
    )
    made.lines(
        "Why nodes were taken away",
        [
            Query(
                expr="sum by (reason) (increase(karpenter_nodeclaims_disrupted_total[15m])) > 0", legend="{{reason}}"
            ),
            Query(
                expr="sum by (message_type) (increase(karpenter_interruption_received_messages_total[15m])) > 0",
                legend="EC2: {{message_type}}",
            ),
        ],
        description="In 15 minutes. docs/runbooks/spot-interruptions.md",
    )
    made.lines(
        "Launches that failed",
        [
            Query(
                expr="sum by (reason, zone) (increase("
                "karpenter_cloudprovider_instance_launch_failures_total[15m])) > 0",
                legend="{{reason}}, {{zone}}",
            )
        ],
        description="In 15 minutes. docs/runbooks/node-launches-failing.md",
    )
    made.lines(
        "From a pod to its start",
        [
            Query(
                expr='max by (quantile) (karpenter_pods_startup_duration_seconds{quantile=~"0.5|0.9"})',
                legend="{{quantile}} of all pods",
            )
        ],
        description="Until it runs, with the start of a node where one was needed.",
        unit="s",
    )
