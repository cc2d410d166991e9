"""Settings of task pods: what a task runs in a pod of its own, by the KubernetesPodOperator."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from settings.section import Section
from settings.types import CpuQuantity, InWords, Items, MemoryQuantity
from settings.workers import InstanceCategories

_MOST_POLICIES = 10  # AWS' default quota of managed policies of a role
_MOST_DESTINATIONS = 30
_MOST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Addresses and the TCP port there."""

    block: ipaddress.IPv4Network
    port: int


def destination(text: str) -> Destination:
    """Read ``10.1.2.0/24:5432``. Raises ValueError with what is wrong."""
    block, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 1 <= int(port) <= _MOST_PORT:
        raise ValueError(f"no TCP port after a colon, from 1 to {_MOST_PORT}")
    found = Destination(block=ipaddress.IPv4Network(block), port=int(port))
    if found.block.is_loopback or found.block.is_link_local or found.block.is_multicast:
        raise ValueError("these addresses are a node's or a pod's own, and lead nowhere")
    return found


def _destination(value: str) -> str:
    try:
        destination(value)
    except ValueError as error:
        raise ValueError(f"not an IPv4 CIDR block and a TCP port, like 10.1.2.0/24:5432 ({error})") from error
    return value


DestinationText = Annotated[
    str, AfterValidator(_destination), InWords("an IPv4 CIDR block and a TCP port, like 10.1.2.0/24:5432")
]
PolicyArn = Annotated[
    str,
    Field(pattern=r"^arn:aws(-cn)?:iam::(aws|\d{12}):policy/[\w+=,.@/-]+$"),
    InWords("the ARN of an IAM policy, like arn:aws:iam::123456789012:policy/read-orders"),
]


class TaskPodSettings(Section):
    """Pods that tasks start by the KubernetesPodOperator (docs/task-pods.md)."""

    enabled: bool = Field(default=True, description="A namespace, nodes, an identity and defaults for them.")
    cpu: CpuQuantity = Field(description="CPUs of all of them together.")
    memory: MemoryQuantity = Field(description="Memory of all of them together.")
    pods: int = Field(ge=1, le=5000, description="Pods at a time.")
    container_cpu: CpuQuantity = Field(
        default="250m", description="CPU request of a container whose task does not say one."
    )
    container_memory: MemoryQuantity = Field(
        default="512Mi", description="Memory request and limit of a container whose task does not say any."
    )
    spot: bool = Field(default=True, description="Spot capacity where there is any, on-demand otherwise.")
    instance_categories: InstanceCategories = Field(
        default=("c", "m", "r"),
        min_length=1,
        description="Kinds of EC2 instances that may carry them: `c` has 2 GiB of memory for each vCPU, `m` has 4 and "
        "`r` has 8.",
    )
    start_timeout_minutes: int = Field(
        default=15,
        ge=2,
        le=120,
        description="Minutes that a pod may wait for a node, and then for its image, where its task does not say "
        "`startup_timeout_seconds`. Airflow's own two minutes are short for a node that has to be started.",
    )
    destinations: Items[DestinationText] = Field(
        default=(),
        max_length=_MOST_DESTINATIONS,
        description="What they may reach beside HTTPS: CIDR blocks with a TCP port each, like `10.1.2.0/24:5432`.",
    )
    policies: Items[PolicyArn] = Field(
        default=(),
        max_length=_MOST_POLICIES,
        description="ARNs of the IAM policies of their role. Empty: it may do nothing in AWS.",
    )
