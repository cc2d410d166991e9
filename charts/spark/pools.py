"""Spark's nodes: which pools there are, and how a pod asks for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NODE_GROUP_TYPE = "NodeGroupType"
"""The label that jobs select nodes by."""

# A smaller node has hardly room for an executor beside what runs on every node; a larger one is much to lose at once.
LEAST_VCPUS, MOST_VCPUS = 4, 32


@dataclass(frozen=True, kw_only=True)
class SparkPool:
    """A NodePool of Spark's, with a label of its own, and a taint that keeps all others away."""

    name: str
    """Of the pool, and of its taint."""
    node_group_type: str
    category: str
    """Of EC2 instances: ``c`` has 2 GiB of memory for each vCPU, ``r`` has 8."""
    nvme: bool
    """Whether shuffles go to disks within the machine."""

    @property
    def taint(self) -> dict[str, str]:
        """What keeps all others away."""
        return {"key": self.name, "value": "true", "effect": "NoSchedule"}

    @property
    def requirements(self) -> list[dict[str, Any]]:
        """What its instances have to be, beyond what all nodes are."""
        found: list[dict[str, Any]] = [
            {"key": "karpenter.k8s.aws/instance-cpu", "operator": "Gt", "values": [str(LEAST_VCPUS - 1)]},
            {"key": "karpenter.k8s.aws/instance-cpu", "operator": "Lt", "values": [str(MOST_VCPUS + 1)]},
        ]
        if self.nvme:
            found.append({"key": "karpenter.k8s.aws/instance-local-nvme", "operator": "Gt", "values": ["0"]})
        return found


SPARK_POOLS = (
    SparkPool(name="spark-compute-optimized", node_group_type="SparkComputeOptimized", category="c", nvme=False),
    SparkPool(
        name="spark-compute-optimized-nvme", node_group_type="SparkComputeOptimizedNvme", category="c", nvme=True
    ),
    SparkPool(name="spark-memory-optimized", node_group_type="SparkMemoryOptimized", category="r", nvme=False),
    SparkPool(name="spark-memory-optimized-nvme", node_group_type="SparkMemoryOptimizedNvme", category="r", nvme=True),
)

# A job's driver has all that is known of it: no node is taken from under it to save money, each goes when it is empty.
# Executors come and go by themselves (dynamic allocation), and empty nodes after them.
SPARK_DISRUPTION = {
    "consolidationPolicy": "WhenEmpty",
    "consolidateAfter": "1m",
    "budgets": [
        {"nodes": "0", "reasons": ["Underutilized", "Drifted"]},
        {"nodes": "100%", "reasons": ["Empty"]},
    ],
}
LONGEST_JOB = "24h"
"""How long a node that has reached its age waits for what runs there, a driver that must not be disturbed included."""
