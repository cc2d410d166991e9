"""What a run of the cluster tier is asked for: by variables of the environment, which docs/test-cluster.md lists."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from settings import PARTITIONS

NAME = "airflow"
"""Name of the deployment."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The choices, checked only as far as the settings do not check them."""

    kubeconfig: Path | None
    partition: str
    region: str
    size: str
    more: Mapping[str, str]
    """Further settings, as ``--context`` takes them."""
    attach: str
    """Endpoint of an in-memory AWS in which the platform is deployed already; nothing is made then."""
    host: str
    """Address of this machine that pods reach; found out where it is empty."""
    certificate: str = ""
    """Where one attaches: the file that the other session's names are trusted by."""
    hold: bool = False
    """Whether the run waits once it has deployed, for others to attach to it."""
    kubelet: str = "/var/lib/kubelet"
    """kubelet's folder on each node; ``{node}`` in it stands for the node's name."""
    volumes: str = "/var/lib/airflow-eks-volumes"
    """A folder that all nodes share: volumes of the stand-ins for EFS and EBS are folders in it."""

    @property
    def context(self) -> dict[str, str]:
        """The CDK's context that these choices come to."""
        chosen = {"name": NAME, "partition": self.partition, "region": self.region, "size": self.size}
        return {**chosen, **self.more}


def read_choice(environment: Mapping[str, str] = os.environ) -> Choice:
    """Read the variables. Raises ValueError where one of them says nothing that can be."""
    partition = environment.get("CLUSTER_PARTITION") or "aws"
    if partition not in PARTITIONS:
        raise ValueError(f"CLUSTER_PARTITION={partition}: must be one of {', '.join(PARTITIONS)}")
    pairs = environment.get("CLUSTER_SET", "").split()
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ValueError(f"CLUSTER_SET has {wrong[0]!r}: must be settings like addons.grafana=false")
    more = dict(pair.split("=", 1) for pair in pairs)
    partition = more.pop("partition", partition)
    region = environment.get("CLUSTER_REGION") or PARTITIONS[partition].default_region
    kubeconfig = environment.get("KUBECONFIG")
    return Choice(
        kubeconfig=Path(kubeconfig) if kubeconfig else None,
        partition=partition,
        region=more.pop("region", region),
        size=more.pop("size", environment.get("CLUSTER_SIZE") or "dev"),
        more=more,
        attach=environment.get("CLUSTER_ATTACH", "").rstrip("/"),
        host=environment.get("CLUSTER_HOST_ADDRESS", ""),
        certificate=environment.get("CLUSTER_CERTIFICATE", ""),
        hold=environment.get("CLUSTER_HOLD") == "1",
        kubelet=environment.get("CLUSTER_KUBELET") or Choice.kubelet,
        volumes=environment.get("CLUSTER_VOLUMES") or Choice.volumes,
    )
