"""Karpenter: starts the nodes that pods ask for, and the pools that it may start them in."""

from __future__ import annotations

from dataclasses import dataclass

import cdk8s

from charts.alarm_flow import alarm_metrics_in
from charts.helm_release import HelmRelease
from charts.namespace import namespace as make_namespace
from charts.network_policy import CREDENTIALS, DNS, HTTPS, WITHIN, NetworkPolicies, labelled
from charts.node_pools import NODE_CLASS, NodeTemplate, node_class, node_pool, requirements
from charts.placement import (
    SERVICES_POOL,
    SYSTEM_POOL,
    node_selector,
    resources,
    taint,
)
from charts.scrape import Endpoint
from charts.spark.pools import LONGEST_JOB, NODE_GROUP_TYPE, SPARK_DISRUPTION, SPARK_POOLS, SparkPool
from constructs import Construct
from settings import Registry
from settings.capacity import GIB_PER_VCPU

NAMESPACE = "karpenter"
SERVICE_ACCOUNT = "karpenter"
METRICS = Endpoint(
    name="karpenter",
    namespace=NAMESPACE,
    pods=labelled(**{"app.kubernetes.io/name": "karpenter"}),
    port_name="http-metrics",
    port=8080,
)
SPARK_NODE_CLASS = "spark"
SPARK_NVME_NODE_CLASS = "spark-nvme"

# A budget without reasons would bound all of them; empty nodes go all at once.
_EMPTY_NODES = {"nodes": "100%", "reasons": ["Empty"]}
_SERVICES_DISRUPTION = {
    "consolidationPolicy": "WhenEmptyOrUnderutilized",
    "consolidateAfter": "5m",
    "budgets": [{"nodes": "1", "reasons": ["Underutilized", "Drifted"]}, _EMPTY_NODES],
}
# A worker that is idle is taken away by KEDA; its node goes as soon as it is empty, never to save money under a running
# task. What has to go, on the last day of its life or because its spot capacity is called back, is drained: each worker
# gets a SIGTERM at once and time to end its tasks, which an annotation against disruption would withhold.
_WORKERS_DISRUPTION = {
    "consolidationPolicy": "WhenEmpty",
    "consolidateAfter": "1m",
    "budgets": [{"nodes": "0", "reasons": ["Underutilized", "Drifted"]}, _EMPTY_NODES],
}


@dataclass(frozen=True, kw_only=True)
class WorkerPool:
    """The nodes of one queue's workers, or of task pods, and how far they may grow."""

    name: str
    cpu_limit: int
    """vCPUs of all its nodes together."""
    memory_limit_gib: int
    """Memory of all its nodes together, in GiB."""
    spot: bool
    instance_categories: tuple[str, ...]
    longest_task: str | None = None
    """How long a node that has reached its age waits for a pod that must not be disturbed; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class SparkNodes:
    """How far the nodes for Spark may grow."""

    max_vcpus: int
    """Of one NodePool."""
    disk_gib: int
    """Root volume, where shuffles go on nodes without NVMe."""


class KarpenterChart(cdk8s.Chart):
    """CRDs, controller, the EC2NodeClasses and the NodePools, in that order.

    The CRDs have a release of their own, before the controller's: the controller's chart makes them only where they are
    missing and never upgrades them.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        registry: Registry,
        cluster_name: str,
        cluster_endpoint: str,
        interruption_queue: str,
        node: NodeTemplate,
        workers: tuple[WorkerPool, ...],
        task_pods: WorkerPool | None,
        spark: SparkNodes | None,
        network_policies: bool,
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE)
        crds = HelmRelease(
            self,
            "crds",
            chart=registry.chart("karpenter-crd"),
            release="karpenter-crd",
            namespace=NAMESPACE,
            values={},
        )
        crds.add_dependency(namespace)
        if network_policies:
            policies = NetworkPolicies(
                self,
                "network-policies",
                namespace=NAMESPACE,
                flows=[DNS, HTTPS, CREDENTIALS, *WITHIN, METRICS.scrape_in, alarm_metrics_in(NAMESPACE)],
            )
            policies.node.add_dependency(namespace)
            crds.node.add_dependency(policies)
        image = registry.image("karpenter")
        controller = HelmRelease(
            self,
            "controller",
            chart=registry.chart("karpenter"),
            release="karpenter",
            namespace=NAMESPACE,
            values={
                "replicas": 2,
                "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
                "nodeSelector": {"kubernetes.io/os": "linux", **node_selector(SYSTEM_POOL)},
                "settings": {
                    "clusterName": cluster_name,
                    "clusterEndpoint": cluster_endpoint,
                    "interruptionQueue": interruption_queue,
                },
                "controller": {
                    "image": {"repository": image.repository, "tag": image.tag, "digest": image.digest},
                    "resources": resources(cpu="500m", memory="1Gi"),
                },
            },
        )
        controller.add_dependency(crds)
        classes = [node_class(self, NODE_CLASS, node, disk_gib=node.disk_gib, component="airflow")]
        if spark:
            classes += [
                node_class(self, SPARK_NODE_CLASS, node, disk_gib=spark.disk_gib, component="spark"),
                node_class(self, SPARK_NVME_NODE_CLASS, node, disk_gib=node.disk_gib, component="spark", nvme=True),
            ]
        for each in classes:
            each.add_dependency(controller)
        pools = [node_pool(self, SERVICES_POOL, requirements(spot=False), disruption=_SERVICES_DISRUPTION)]
        pools += [self._worker_pool(queue) for queue in workers]
        if task_pods:
            pools.append(self._worker_pool(task_pods))
        if spark:
            pools += [self._spark_pool(each, spark.max_vcpus) for each in SPARK_POOLS]
        for pool in pools:
            pool.add_dependency(*classes)

    def _worker_pool(self, pool: WorkerPool) -> cdk8s.ApiObject:
        return node_pool(
            self,
            pool.name,
            requirements(spot=pool.spot, categories=pool.instance_categories),
            disruption=_WORKERS_DISRUPTION,
            taints=[taint(pool.name)],
            limits={"cpu": str(pool.cpu_limit), "memory": f"{pool.memory_limit_gib}Gi"},
            longest_job=pool.longest_task,
        )

    def _spark_pool(self, pool: SparkPool, max_vcpus: int) -> cdk8s.ApiObject:
        return node_pool(
            self,
            pool.name,
            [*requirements(spot=True, categories=(pool.category,)), *pool.requirements],
            disruption=SPARK_DISRUPTION,
            taints=[pool.taint],
            limits={"cpu": str(max_vcpus), "memory": f"{max_vcpus * GIB_PER_VCPU[pool.category]}Gi"},
            node_class=SPARK_NVME_NODE_CLASS if pool.nvme else SPARK_NODE_CLASS,
            labels={NODE_GROUP_TYPE: pool.node_group_type},
            longest_job=LONGEST_JOB,
        )
