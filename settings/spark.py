"""Settings of Apache Spark: who may use it, how much, and on what."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from settings.section import Section
from settings.types import CpuQuantity, InWords, MemoryQuantity

NAMESPACE_PREFIX = "spark-"
"""What the namespace of each team begins with."""
RESERVED_TEAMS = ("operator", "history")
"""What the namespaces of Spark's own servers end with."""


def team_namespace(team: str) -> str:
    """The namespace of a team's applications."""
    return f"{NAMESPACE_PREFIX}{team}"


def _team_name(value: str) -> str:
    if value in RESERVED_TEAMS:
        raise ValueError(f"this name is taken: the namespace {team_namespace(value)} is Spark's own")
    return value


def _pinned(value: str) -> str:
    last = value.rpartition("/")[2]
    if "@" not in last and last.partition(":")[2] in ("", "latest"):
        raise ValueError("name a version: an image without a tag, or with latest, is another one from day to day")
    return value


TeamName = Annotated[
    str,
    # Short enough for a namespace, and for what is named after it.
    Field(pattern=r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$"),
    AfterValidator(_team_name),
    InWords("a team's name, 1 to 30 lower-case letters, digits and hyphens, a letter first and no hyphen last"),
]
ImageName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9.-]+(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:\w[\w.-]*)?(@sha256:[0-9a-f]{64})?$"),
    AfterValidator(_pinned),
    InWords("an image with its registry and a tag, like registry.example.com/team/spark:4.0.4"),
]


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
