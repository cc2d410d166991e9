"""Karpenter: starts the nodes that pods ask for, and the pools that it may start them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus

from charts.helm_release import HelmRelease
from charts.spark.pools import LONGEST_JOB, NODE_GROUP_TYPE, SPARK_DISRUPTION, SPARK_POOLS, SparkPool
from charts.placement import (
    POOL_LABEL,
    SERVICES_POOL,
    SYSTEM_POOL,
    node_selector,
    resources,
    taint,
)
from constructs import Construct
from settings import Registry
from settings.capacity import GIB_PER_VCPU

NAMESPACE = "karpenter"
SERVICE_ACCOUNT = "karpenter"
NODE_CLASS = "default"
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
class NodeTemplate:
    """What every node of Karpenter's has in common."""

    instance_profile: str
    """Owned by the CDK application, so that no finalizer of Karpenter's waits for IAM when all is deleted."""
    security_group_ids: tuple[str, ...]
    subnet_selector_terms: tuple[dict[str, Any], ...]
    disk_gib: int
    kms_key_arn: str
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class WorkerPool:
    """The nodes of one queue's workers, and how far they may grow."""

    name: str
    cpu_limit: int
    """vCPUs of all its nodes together."""
    memory_limit_gib: int
    """Memory of all its nodes together, in GiB."""
    spot: bool
    instance_categories: tuple[str, ...]


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
        spark: SparkNodes | None,
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = kplus.Namespace(self, "namespace", metadata=cdk8s.ApiObjectMetadata(name=NAMESPACE))
        crds = HelmRelease(
            self,
            "crds",
            chart=registry.chart("karpenter-crd"),
            release="karpenter-crd",
            namespace=NAMESPACE,
            values={},
        )
        crds.add_dependency(namespace)
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
        classes = [self._node_class(NODE_CLASS, node, disk_gib=node.disk_gib)]
        if spark:
            classes += [
                self._node_class(SPARK_NODE_CLASS, node, disk_gib=spark.disk_gib),
                self._node_class(SPARK_NVME_NODE_CLASS, node, disk_gib=node.disk_gib, nvme=True),
            ]
        for node_class in classes:
            node_class.add_dependency(controller)
        pools = [self._node_pool(SERVICES_POOL, self._requirements(spot=False), disruption=_SERVICES_DISRUPTION)]
        for each in workers:
            requirements = self._requirements(spot=each.spot, categories=each.instance_categories)
            limits = {"cpu": str(each.cpu_limit), "memory": f"{each.memory_limit_gib}Gi"}
            pools.append(
                self._node_pool(
                    each.name, requirements, disruption=_WORKERS_DISRUPTION, taints=[taint(each.name)], limits=limits
                )
            )
        if spark:
            pools += [self._spark_pool(each, spark.max_vcpus) for each in SPARK_POOLS]
        for pool in pools:
            pool.add_dependency(*classes)

    def _node_class(self, name: str, node: NodeTemplate, *, disk_gib: int, nvme: bool = False) -> cdk8s.ApiObject:
        # With NVMe, pods' temporary files, images and logs are on all the disks of the machine as one.
        disks = {"instanceStorePolicy": "RAID0"} if nvme else {}
        return _custom(
            self,
            f"node-class-{name}",
            api_version="karpenter.k8s.aws/v1",
            kind="EC2NodeClass",
            name=name,
            spec={
                **disks,
                "amiSelectorTerms": [{"alias": "al2023@latest"}],
                "instanceProfile": node.instance_profile,
                "subnetSelectorTerms": list(node.subnet_selector_terms),
                "securityGroupSelectorTerms": [{"id": group} for group in node.security_group_ids],
                "metadataOptions": {
                    "httpEndpoint": "enabled",
                    "httpProtocolIPv6": "disabled",
                    "httpPutResponseHopLimit": 1,
                    "httpTokens": "required",
                },
                "blockDeviceMappings": [
                    {
                        "deviceName": "/dev/xvda",
                        "ebs": {
                            "volumeType": "gp3",
                            "volumeSize": f"{disk_gib}Gi",
                            "encrypted": True,
                            "kmsKeyID": node.kms_key_arn,
                            "deleteOnTermination": True,
                        },
                    }
                ],
                "tags": node.tags,
            },
        )

    def _node_pool(
        self,
        name: str,
        requirements: list[dict[str, Any]],
        *,
        disruption: dict[str, Any],
        taints: Sequence[dict[str, str]] = (),
        limits: dict[str, str] | None = None,
        node_class: str = NODE_CLASS,
        labels: Mapping[str, str] | None = None,
        longest_job: str | None = None,
    ) -> cdk8s.ApiObject:
        template: dict[str, Any] = {
            "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": node_class},
            # A node lives two weeks at most, so that it gets the security fixes of a newer image.
            "expireAfter": "336h",
            "requirements": requirements,
        }
        if taints:
            template["taints"] = list(taints)
        if longest_job:
            template["terminationGracePeriod"] = longest_job
        spec: dict[str, Any] = {
            "template": {"metadata": {"labels": {POOL_LABEL: name, **(labels or {})}}, "spec": template},
            "disruption": disruption,
        }
        if limits:
            spec["limits"] = limits
        return _custom(self, f"pool-{name}", api_version="karpenter.sh/v1", kind="NodePool", name=name, spec=spec)

    def _spark_pool(self, pool: SparkPool, max_vcpus: int) -> cdk8s.ApiObject:
        return self._node_pool(
            pool.name,
            [*self._requirements(spot=True, categories=(pool.category,)), *pool.requirements],
            disruption=SPARK_DISRUPTION,
            taints=[pool.taint],
            limits={"cpu": str(max_vcpus), "memory": f"{max_vcpus * GIB_PER_VCPU[pool.category]}Gi"},
            node_class=SPARK_NVME_NODE_CLASS if pool.nvme else SPARK_NODE_CLASS,
            labels={NODE_GROUP_TYPE: pool.node_group_type},
            longest_job=LONGEST_JOB,
        )

    @staticmethod
    def _requirements(*, spot: bool, categories: tuple[str, ...] = ("c", "m", "r")) -> list[dict[str, Any]]:
        return [
            _in("kubernetes.io/arch", "arm64"),
            _in("kubernetes.io/os", "linux"),
            _in("karpenter.sh/capacity-type", *(("spot", "on-demand") if spot else ("on-demand",))),
            _in("karpenter.k8s.aws/instance-category", *categories),
            {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": ["5"]},
        ]


def _in(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _custom(
    scope: Construct, id_: str, *, api_version: str, kind: str, name: str, spec: dict[str, Any]
) -> cdk8s.ApiObject:
    custom = cdk8s.ApiObject(
        scope, id_, api_version=api_version, kind=kind, metadata=cdk8s.ApiObjectMetadata(name=name)
    )
    custom.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
    return custom
