"""The registry of add-ons: one line each, which is its switch. What it consists of is in ``charts/addons/<name>.py``.

docs/add-an-addon.md walks through a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from settings.section import Section


@dataclass(frozen=True)
class Needed:
    """An add-on that cannot be switched off, and why."""

    why: str


@dataclass(frozen=True)
class Requires:
    """An add-on that needs another one, and why."""

    addon: str
    why: str


class AddonSettings(Section):
    """What runs in the cluster beside Airflow. Each has a page in docs/addons/."""

    vpc_cni: Annotated[bool, Needed("no pod would get an address")] = Field(
        default=True, description="Amazon VPC CNI: addresses from the VPC for pods, and network policies."
    )
    kube_proxy: Annotated[bool, Needed("no Service would lead anywhere")] = Field(
        default=True, description="kube-proxy: Services."
    )
    coredns: Annotated[bool, Needed("no pod would find another, nor AWS")] = Field(
        default=True, description="CoreDNS: names in the cluster."
    )
    pod_identity_agent: Annotated[bool, Needed("no pod would get its AWS credentials")] = Field(
        default=True, description="EKS Pod Identity agent: AWS credentials for pods."
    )
    ebs_csi_driver: bool = Field(
        default=True, description="Amazon EBS CSI driver, and the default StorageClass `gp3`, encrypted."
    )
    efs_csi_driver: bool = Field(
        default=True, description="Amazon EFS CSI driver, and the StorageClass `efs-sc`, for the DAGs."
    )
    snapshot_controller: Annotated[
        bool, Requires("ebs_csi_driver", "snapshots are taken of its volumes, and of no others")
    ] = Field(default=True, description="Snapshot controller: VolumeSnapshots of EBS volumes.")
    load_balancer_controller: Annotated[bool, Needed("Airflow's UI would have no address")] = Field(
        default=True, description="AWS Load Balancer Controller: the load balancer before Airflow."
    )
    external_secrets: Annotated[bool, Needed("Airflow would have no password, key or token")] = Field(
        default=True, description="External Secrets: Kubernetes Secrets from AWS Secrets Manager."
    )
    keda: Annotated[bool, Needed("Airflow would have no workers")] = Field(
        default=True, description="KEDA: as many workers as there is work."
    )
    karpenter: Annotated[bool, Needed("Airflow would have no nodes")] = Field(
        default=True, description="Karpenter: nodes when they are needed."
    )
    node_monitoring_agent: bool = Field(
        default=True, description="EKS node monitoring agent: what is wrong with a node, as conditions and events."
    )
    metrics_server: bool = Field(
        default=True, description="Metrics server: `kubectl top`, and autoscaling by CPU and memory."
    )
    cluster_autoscaler: bool = Field(
        default=True, description="Cluster Autoscaler: as many nodes in the system node group as its pods need."
    )
    cluster_proportional_autoscaler: bool = Field(
        default=True, description="Cluster proportional autoscaler: as many replicas of CoreDNS as the cluster needs."
    )
    opencost: Annotated[bool, Requires("ebs_csi_driver", "what it has measured is on a volume of that driver's")] = (
        Field(default=True, description="OpenCost: what namespaces, workloads and jobs cost.")
    )
    fluent_bit: bool = Field(
        default=True, description="Fluent Bit: logs of containers and nodes to CloudWatch Logs (docs/logs.md)."
    )
    container_insights: bool = Field(
        default=True, description="CloudWatch Container Insights: how nodes, pods and containers do, as metrics."
    )
    alarm_metrics: bool = Field(
        default=True,
        description="CloudWatch agent for alarms: the few metrics of Airflow and its controllers that CloudWatch lacks "
        "(docs/alarms.md).",
    )
    prometheus: Annotated[bool, Requires("ebs_csi_driver", "what it has read is on a volume of that driver's")] = Field(
        default=True, description="Prometheus: metrics of Airflow, of the controllers and of nodes (docs/metrics.md)."
    )
    grafana: Annotated[bool, Requires("prometheus", "what it shows is Prometheus' metrics")] = Field(
        default=True, description="Grafana: boards of Airflow's metrics (docs/dashboards.md)."
    )
    spark_operator: bool = Field(
        default=True, description="Spark operator, with its teams and their NodePools (docs/spark.md)."
    )


@dataclass(frozen=True, kw_only=True)
class AddonSwitch:
    """One add-on's switch, with what it depends on."""

    name: str
    is_on: bool
    needed: Needed | None
    requires: tuple[Requires, ...]


def addon_switches(addons: AddonSettings) -> tuple[AddonSwitch, ...]:
    """Every add-on, in the order of the registry."""
    return tuple(
        AddonSwitch(
            name=name,
            is_on=getattr(addons, name),
            needed=next((each for each in field.metadata if isinstance(each, Needed)), None),
            requires=tuple(each for each in field.metadata if isinstance(each, Requires)),
        )
        for name, field in type(addons).model_fields.items()
    )
