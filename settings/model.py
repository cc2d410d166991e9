"""Settings: everything that may vary between two deployments, and nothing else.

Field descriptions are the reference in docs/settings.md, which is generated from this file.
A field without a default gets its value from the size class (settings/sizes.py) or the partition.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from settings import checks
from settings.addons import AddonSettings
from settings.airflow import AirflowSettings
from settings.alarms import AlarmSettings
from settings.dags import DagSettings
from settings.images import ImageSettings
from settings.metrics import MetricsSettings
from settings.network import NetworkSettings
from settings.partition import PARTITIONS, Partition, PartitionName
from settings.section import Section
from settings.sizes import DEFAULT_SIZE, Size
from settings.spark import SparkSettings
from settings.tags import COMPONENT_TAG, DEPLOYMENT_TAG, TEAM_TAG, Component, TagKey, TagValue
from settings.types import (
    Arn,
    CacheType,
    Cidr,
    DatabaseType,
    DeploymentName,
    GravitonType,
    Items,
    KubernetesVersion,
    LogRetentionDays,
    Region,
)
from settings.urls import HttpsUrl

Removal = Literal["destroy", "keep"]


class NodeSettings(Section):
    """The managed node group, which carries the system pods. Everything else runs on nodes from Karpenter."""

    instance_type: GravitonType = Field(description="EC2 instance type, Graviton.")
    min: int = Field(default=3, ge=2, le=30, description="Smallest number of nodes.")
    max: int = Field(default=6, ge=2, le=30, description="Largest number of nodes.")
    disk_gib: int = Field(default=50, ge=20, le=1000, description="Root volume of a node, in GiB.")


class ClusterSettings(Section):
    """Amazon EKS."""

    kubernetes_version: KubernetesVersion = Field(description="Kubernetes minor version.")
    support: Literal["standard", "extended"] = Field(
        default="standard",
        description="What happens when the version leaves EKS' standard support, 14 months after it came: `standard`: "
        "EKS raises the control plane by itself; `extended`: the version stays for twelve months more, at $0.60 an "
        "hour for the control plane instead of $0.10.",
    )
    public_access: bool | None = Field(
        description="API server endpoint reachable from outside the VPC, besides from within. Unset: only where "
        "`public_access_cidrs` names who may come."
    )
    public_access_cidrs: Items[Cidr] = Field(
        default=(), description="Who may reach the public endpoint; naming somebody opens it for them alone."
    )
    administrators: Items[Arn] = Field(
        default=(), description="ARNs of the IAM roles and users that administer the cluster."
    )
    network_policies: bool = Field(
        default=True,
        description="Network policies: only flows that have a name are let through (docs/network.md).",
    )
    nodes: NodeSettings

    @property
    def has_public_endpoint(self) -> bool:
        """Whether the API server can be reached from outside the VPC."""
        return bool(self.public_access_cidrs) if self.public_access is None else self.public_access


class DatabaseSettings(Section):
    """Aurora PostgreSQL, Airflow's metadata database."""

    instance_type: DatabaseType = Field(description="Instance class without its `db.` prefix, Graviton.")
    readers: int = Field(default=1, ge=0, le=5, description="Reader instances, which are also what a failover goes to.")
    version: Literal["16", "17"] = Field(
        default="16", description="PostgreSQL's major version. A database that is there goes up, never back."
    )
    io_optimized: bool = Field(
        default=False,
        description="Aurora I/O-Optimized: instances and storage cost more, requests nothing. Worth it where requests "
        "are more than a quarter of the database's bill. It can be switched on once in 30 days, and off at any time.",
    )
    backup_retention_days: int = Field(ge=1, le=35, description="Days that point-in-time recovery goes back.")
    snapshots_before_migration: int = Field(
        ge=0,
        le=20,
        description="A deployment that brings another image of Airflow takes a snapshot before it migrates the "
        "database, and keeps so many, the youngest. 0 takes none (docs/upgrade.md).",
    )
    ca_bundle_url: HttpsUrl | None = Field(
        default=None,
        description="Where the cluster fetches the authorities that the database's certificate is verified with, "
        "without a login. Unset: where Amazon RDS publishes the region's.",
    )


class BrokerSettings(Section):
    """ElastiCache, Celery's queue."""

    engine: Literal["valkey", "redis"] = Field(
        default="valkey",
        description="Valkey speaks Redis' protocol and costs a fifth less. Redis 7.1 is the last that ElastiCache has. "
        "A queue that is there becomes Valkey in place, and never Redis again.",
    )
    node_type: CacheType = Field(description="Node type without its `cache.` prefix, Graviton.")
    replicas: int = Field(
        default=1,
        ge=0,
        le=5,
        description="Replicas beside the primary. With none there is no failover (Multi-AZ is off).",
    )


class LogSettings(Section):
    """How long logs are kept."""

    retention_days: LogRetentionDays = Field(
        description="Days for CloudWatch Logs groups (a value that CloudWatch offers)."
    )
    task_log_expiration_days: int = Field(ge=1, le=3650, description="Days for Airflow's task logs in Amazon S3.")


class Settings(Section):
    """One deployment."""

    name: DeploymentName = Field(
        default="airflow",
        description="The deployment's name: the stack, the EKS cluster and the DAG repository carry it. At most 20 "
        "characters: lower-case letters, digits and hyphens.",
    )
    partition: PartitionName = Field(default="aws", description="AWS partition.")
    region: Region = Field(description="AWS region, one of the partition's.")
    size: Size = Field(default=DEFAULT_SIZE, description="Size class: sets many defaults at once.")
    removal: Removal = Field(
        description="What `cdk destroy` does with what holds data: `destroy` deletes it; `keep` takes a last snapshot "
        "of database and queue, and leaves log bucket, file system, DAG repository, secrets and key behind."
    )
    deletion_protection: bool = Field(
        description="Refuse to delete the stack and the database. To destroy them, deploy with it set to false first."
    )
    team: TagValue = Field(
        default="platform",
        description="Who pays for the deployment: the tag `airflow-eks/team` on every resource (docs/cost.md).",
    )
    tags: dict[TagKey, TagValue] = Field(
        default_factory=dict, description="Further tags on every resource (docs/cost.md)."
    )
    network: NetworkSettings
    cluster: ClusterSettings
    addons: AddonSettings = AddonSettings()
    database: DatabaseSettings
    broker: BrokerSettings
    dags: DagSettings = DagSettings()
    logs: LogSettings
    metrics: MetricsSettings
    alarms: AlarmSettings = AlarmSettings()
    airflow: AirflowSettings
    spark: SparkSettings = SparkSettings()
    images: ImageSettings

    _facts: Partition = PrivateAttr()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Settings:
        checks.check(self)
        return self

    def model_post_init(self, _context: Any, /) -> None:
        """Look the partition's facts up once."""
        self._facts = PARTITIONS[self.partition]

    @property
    def has_managed_prometheus(self) -> bool:
        """Whether metrics are written into Amazon Managed Service for Prometheus."""
        chosen = self.metrics.managed_prometheus
        offered = self.facts.has_managed_prometheus(self.region)
        return self.addons.prometheus and (offered if chosen is None else chosen)

    @property
    def facts(self) -> Partition:
        """What is particular to the partition."""
        return self._facts

    @property
    def policed_cidrs(self) -> tuple[str, ...]:
        """The VPC's CIDR blocks for network policies; none where there are no policies."""
        return self.network.vpc_cidrs if self.cluster.network_policies else ()

    @property
    def all_tags(self) -> dict[str, str]:
        """The tags of every resource: deployment and team, then what the person adds."""
        return {DEPLOYMENT_TAG: self.name, TEAM_TAG: self.team, **self.tags}

    def tags_of(self, component: Component) -> dict[str, str]:
        """The same with the component, for what is made by others than CloudFormation."""
        return {**self.all_tags, COMPONENT_TAG: component}
