"""What an EC2 instance has, and what it leaves for pods: whether something fits on no node, or on too few."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from settings.addons import AddonSettings
from settings.capacity import GIB_PER_VCPU

MOST_VCPUS = 64
"""The largest c, m and r of Graviton 2, which every region has, are 16xlarge. Larger ones of later generations are no
reason to accept what a region may be unable to start."""

# vCPUs of a size, of every Graviton family but t's small ones (November 2026): https://aws.amazon.com/ec2/instance-types/
_VCPUS = {"medium": 1, "large": 2, "xlarge": 4, "metal": MOST_VCPUS}
# Of t4g, whose sizes differ in memory first: vCPUs and GiB.
_BURSTABLE = {
    "nano": (2, 0.5),
    "micro": (2, 1.0),
    "small": (2, 2.0),
    "medium": (2, 4.0),
    "large": (2, 8.0),
    "xlarge": (4, 16.0),
    "2xlarge": (8, 32.0),
}
# GiB for a vCPU of what is not c, m or r. Of a family that is not here yet it is assumed to be much: what is surely too
# small is refused, and nothing else.
_GIB_PER_VCPU = {**GIB_PER_VCPU, "t": 4, "g": 2, "hpc": 2, "im": 4, "is": 6, "x": 16}
_OF_OTHERS = 8

# What runs on every node: CNI, kube-proxy, CSI drivers, agents of logs and metrics.
_DAEMONS = (0.6, 1.0)
# https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eviction.go, for 110 pods: MiB.
_KUBELET_MIB = 255 + 11 * 110 + 100
_OF_THE_KERNEL = 0.05  # of memory; the hypervisor's share is in it


@dataclass(frozen=True, kw_only=True)
class Room:
    """CPUs and memory for pods."""

    vcpus: float
    memory_gib: float


def largest(categories: Iterable[str]) -> Room:
    """Room for one pod on the largest node of these categories."""
    return _left(MOST_VCPUS, MOST_VCPUS * max(GIB_PER_VCPU[category] for category in categories))


def of_instance(instance_type: str) -> Room:
    """Room for pods on an instance."""
    family, _, size = instance_type.partition(".")
    if family[0] == "t" and size in _BURSTABLE:
        return _left(*_BURSTABLE[size])
    times = re.fullmatch(r"(\d+)xlarge|metal-(\d+)xl", size)
    vcpus = 4 * int(times[1] or times[2]) if times else _VCPUS[size]
    return _left(vcpus, vcpus * _GIB_PER_VCPU.get(re.split(r"\d", family)[0], _OF_OTHERS))


def _left(vcpus: int, memory_gib: float) -> Room:
    """After the kubelet's share and what runs on each: 6 % of the first core, 1 % of the second, and so on."""
    reserved = 0.06 + 0.01 * (vcpus > 1) + 0.005 * min(max(vcpus - 2, 0), 2) + 0.0025 * max(vcpus - 4, 0)
    cpu, memory = _DAEMONS
    return Room(
        vcpus=vcpus - reserved - cpu,
        memory_gib=memory_gib * (1 - _OF_THE_KERNEL) - _KUBELET_MIB / 1024 - memory,
    )


# What the Deployments on the system nodes ask for, all replicas: CPUs and GiB. tests/charts/test_scheduling.py compares
# it with what is rendered. First what is always there: Karpenter, KEDA, External Secrets, the load balancer controller
# and CoreDNS.
_CONTROLLERS = Room(vcpus=2.1, memory_gib=4.9)
_ADDONS = {
    "spark_operator": Room(vcpus=0.5, memory_gib=3.5),
    "cluster_autoscaler": Room(vcpus=0.2, memory_gib=1.2),
    "opencost": Room(vcpus=0.11, memory_gib=1.1),
    "ebs_csi_driver": Room(vcpus=0.2, memory_gib=0.4),
    "efs_csi_driver": Room(vcpus=0.2, memory_gib=0.4),
    "prometheus": Room(vcpus=0.1, memory_gib=0.5),
    "metrics_server": Room(vcpus=0.2, memory_gib=0.4),
    "alarm_metrics": Room(vcpus=0.05, memory_gib=0.25),
    "cluster_proportional_autoscaler": Room(vcpus=0.02, memory_gib=0.06),
}
_LARGEST_POD = Room(vcpus=0.5, memory_gib=1.0)  # Karpenter
_LARGEST_OF_SPARK = Room(vcpus=0.5, memory_gib=1.5)


def system_pods(addons: AddonSettings) -> Room:
    """What the controllers and the add-ons that are on ask for, all together."""
    asked = [_CONTROLLERS, *(room for name, room in _ADDONS.items() if getattr(addons, name))]
    return Room(vcpus=sum(each.vcpus for each in asked), memory_gib=sum(each.memory_gib for each in asked))


def largest_system_pod(addons: AddonSettings) -> Room:
    """What one node must have room for."""
    return _LARGEST_OF_SPARK if addons.spark_operator else _LARGEST_POD
