"""Which nodes a pod may run on, by Kubernetes' own rules: selectors, affinities, taints, and room.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
A pool stands for every node that may be in it: a label that its requirements leave open has many possible values, and a
pod may run there where one of them suits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from settings import Settings
from settings.capacity import GIB_PER_VCPU

Object = dict[str, Any]

# Labels that every node has, with a value of its own.
_OF_A_NODE = ("kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_HARD = ("NoSchedule", "NoExecute")
_LARGEST_VCPUS = 64  # c, m and r of Graviton 2, which every region has, end at 16xlarge
# What runs on every node beside what it was started for: CNI, kube-proxy, CSI drivers, Fluent Bit (0.05 and 0.25), and
# the agent of Container Insights (0.25 and 0.125).
_DAEMONS_CPU, _DAEMONS_MEMORY = 0.6, 1.0
_UNITS = {"Ki": 2**-20, "Mi": 2**-10, "Gi": 1.0, "Ti": 2**10, "": 2**-30, "m": 2**-10, "g": 1.0}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes that are alike: a managed node group or a NodePool."""

    name: str
    labels: Mapping[str, str]
    requirements: tuple[Object, ...]
    taints: tuple[Mapping[str, str], ...]
    vcpus: float
    """What pods can have of its largest node."""
    memory_gib: float

    def may_have(self, key: str, expression: Object) -> bool:
        """Whether a node of it may have a label that this expression suits."""
        if key in self.labels:
            return _suits(expression, self.labels[key])
        own = [each for each in self.requirements if each["key"] == key]
        if own:
            values = next((each["values"] for each in own if each["operator"] == "In"), None)
            if values is None:  # bounds alone: a number that nobody fixed
                return expression["operator"] not in ("DoesNotExist", "NotIn")
            return any(_suits(expression, value) for value in values)
        if key in _OF_A_NODE:
            return expression["operator"] != "DoesNotExist"
        return expression["operator"] in ("DoesNotExist", "NotIn")


def pools(settings: Settings, karpenter: list[Object]) -> dict[str, Pool]:
    """The system node group and every NodePool of a chart's output, by name."""
    family, _, size = settings.cluster.nodes.instance_type.partition(".")
    vcpus = {"medium": 1, "large": 2, "xlarge": 4}.get(size) or 4 * int(re.sub(r"\D", "", size))
    found = [
        Pool(
            name="system",
            labels={
                "airflow-eks/pool": "system",
                "kubernetes.io/arch": "arm64",
                "kubernetes.io/os": "linux",
                "eks.amazonaws.com/capacityType": "ON_DEMAND",
            },
            requirements=(),
            taints=(),
            **_allocatable(vcpus, family[0]),
        )
    ]
    for item in karpenter:
        if item["kind"] == "NodePool":
            template = item["spec"]["template"]
            requirements = tuple(template["spec"]["requirements"])
            found.append(
                Pool(
                    name=item["metadata"]["name"],
                    labels=template["metadata"]["labels"],
                    requirements=requirements,
                    taints=tuple(template["spec"].get("taints", [])),
                    **_largest(requirements),
                )
            )
    return {pool.name: pool for pool in found}


def homes(pod: Object, among: Mapping[str, Pool]) -> set[str]:
    """Names of the pools that a pod, given by its spec, may run on."""
    return {name for name, pool in among.items() if not list(obstacles(pod, pool))}


def obstacles(pod: Object, pool: Pool) -> Iterator[str]:
    """What keeps a pod off a pool."""
    for key, value in (pod.get("nodeSelector") or {}).items():
        if not pool.may_have(key, {"operator": "In", "values": [value]}):
            yield f"no node with {key}={value}"
    required = ((pod.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required and not any(_term(term, pool) for term in required["nodeSelectorTerms"]):
        yield "no node for its affinity"
    for taint in pool.taints:
        if taint["effect"] in _HARD and not any(tolerates(each, taint) for each in pod.get("tolerations") or []):
            yield f"does not tolerate {taint['key']}"
    cpu, memory = requests(pod)
    if cpu > pool.vcpus:
        yield f"asks for {cpu} CPUs, and the largest node has {pool.vcpus:.1f}"
    if memory > pool.memory_gib:
        yield f"asks for {memory:.1f} GiB, and the largest node has {pool.memory_gib:.1f}"


def requests(pod: Object) -> tuple[float, float]:
    """CPUs and GiB that a pod asks for: containers and sidecars together, or the largest of what runs before them.

    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    """
    before = pod.get("initContainers") or []
    sidecars = [each for each in before if each.get("restartPolicy") == "Always"]
    first = [each for each in before if each not in sidecars]
    together = [_asked(each) for each in (*pod["containers"], *sidecars)]
    alone = [_asked(each) for each in first]
    return (
        max(sum(cpu for cpu, _ in together), *(cpu for cpu, _ in alone), 0),
        max(sum(memory for _, memory in together), *(memory for _, memory in alone), 0),
    )


def spark_pods(application: Object) -> dict[str, Object]:
    """Driver and executor of a SparkApplication, as pods.

    Spark adds to the memory of a Python program 40 % for what is outside of the heap, and at least 384 MiB.
    https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties
    """
    found = {}
    for part in ("driver", "executor"):
        asked = application["spec"][part]
        heap = gib(asked["memory"])
        memory = heap + max(0.4 * heap, 384 / 1024)
        container = {"resources": {"requests": {"cpu": str(asked["cores"]), "memory": f"{round(memory * 1024)}Mi"}}}
        placed = {key: asked[key] for key in ("nodeSelector", "tolerations", "affinity") if key in asked}
        found[part] = {**placed, "containers": [container], "initContainers": asked.get("initContainers", [])}
    return found


def gib(quantity: str) -> float:
    """Memory of a quantity of Kubernetes', or of Spark's (1g), in GiB."""
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", str(quantity)).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


def _cores(quantity: str | float) -> float:
    text = str(quantity)
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _asked(container: Object) -> tuple[float, float]:
    asked = (container.get("resources") or {}).get("requests") or {}
    return _cores(asked.get("cpu", 0)), gib(asked.get("memory", "0"))


def _suits(expression: Object, value: str) -> bool:
    operator, values = expression["operator"], expression.get("values") or []
    if operator in ("Exists", "DoesNotExist"):
        return bool(operator == "Exists")
    if operator in ("Gt", "Lt"):
        return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
    return (value in values) is (operator == "In")


def _term(term: Object, pool: Pool) -> bool:
    return all(pool.may_have(each["key"], each) for each in term.get("matchExpressions") or [])


def tolerates(toleration: Object, taint: Mapping[str, str]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", "")


def _largest(requirements: tuple[Object, ...]) -> dict[str, float]:
    """Room of the largest node that the requirements allow."""
    bounds = [
        int(each["values"][0])
        for each in requirements
        if each["key"] == "karpenter.k8s.aws/instance-cpu" and each["operator"] == "Lt"
    ]
    vcpus = min([_LARGEST_VCPUS, *(bound - 1 for bound in bounds)])
    (categories,) = [each["values"] for each in requirements if each["key"] == "karpenter.k8s.aws/instance-category"]
    return _allocatable(vcpus, max(categories, key=lambda each: GIB_PER_VCPU[each]))


def _allocatable(vcpus: int, category: str) -> dict[str, float]:
    """What is left for pods of a node of EKS, after the kubelet's share and what runs on each.

    https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eviction.go: 6 % of the first core, 1 %
    of the second, 0.5 % of the next two and 0.25 % of the rest; 255 MiB and 11 MiB for each of 110 pods, 100 MiB spare.
    """
    reserved = 0.06 + 0.01 * (vcpus > 1) + 0.005 * min(max(vcpus - 2, 0), 2) + 0.0025 * max(vcpus - 4, 0)
    memory = vcpus * GIB_PER_VCPU[category] * 0.95  # the rest is the hypervisor's and the kernel's
    return {
        "vcpus": vcpus - reserved - _DAEMONS_CPU,
        "memory_gib": memory - (255 + 11 * 110 + 100) / 1024 - _DAEMONS_MEMORY,
    }
