"""Settings of Apache Spark: who may use it, how much, and on what."""

from __future__ import annotations

from pydantic import Field

from settings.section import Section
from settings.types import CpuQuantity, ImageName, MemoryQuantity, TeamName

NAMESPACE_PREFIX = "spark-"
"""What the namespace of each team begins with."""


def team_namespace(team: str) -> str:
    """The namespace of a team's applications."""
    return f"{NAMESPACE_PREFIX}{team}"


class TeamSettings(Section):
    """One team: what all its Spark applications together may ask for."""

    cpu: CpuQuantity = Field(default="64", description="CPUs of all its pods together.")
    memory: MemoryQuantity = Field(default="256Gi", description="Memory of all its pods together.")
    pods: int = Field(default=100, ge=1, le=5000, description="Pods at a time, drivers and executors.")


class SparkSettings(Section):
    """Apache Spark on Kubernetes (docs/spark.md)."""

    teams: dict[TeamName, TeamSettings] = Field(
        default_factory=lambda: {"team-a": TeamSettings()},
        description="Teams by name, each with a namespace `spark-<name>`, a quota, a service account and a role.",
    )
    image: ImageName | None = Field(
        default=None,
        description="Image of drivers and executors, arm64, as the DAGs find it in the variable `spark`. Unset: "
        "Apache's own, which has no libraries for Amazon S3.",
    )
    history_server: bool = Field(
        default=False, description="Spark History Server: the web page of applications that have ended."
    )
    event_log_expiration_days: int = Field(
        default=30, ge=1, le=3650, description="Days that event logs stay in Amazon S3."
    )
    max_vcpus: int = Field(
        default=256,
        ge=8,
        le=100000,
        description="vCPUs that the nodes of one of Spark's NodePools may have together.",
    )
    disk_gib: int = Field(
        default=200,
        ge=50,
        le=16384,
        description="Root volume of a node, in GiB, where shuffles go on nodes that have no NVMe.",
    )
