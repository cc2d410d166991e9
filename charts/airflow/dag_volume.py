"""The volume that carries the DAGs: git-sync in the DAG processor writes it, every other pod reads it."""

from __future__ import annotations

from typing import Any

from charts.airflow.inputs import DagVolume
from charts.objects import kube_object
from charts.storage import EFS_DRIVER, EFS_STORAGE_CLASS
from constructs import Construct

CLAIM = "airflow-dags"
# Amazon EFS has no size; Kubernetes wants one, and the claim's must not be larger than the volume's.
CAPACITY = "10Gi"


class AirflowDagVolume(Construct):
    """A volume on the deployment's own access point, and the claim that is bound to it."""

    def __init__(self, scope: Construct, id_: str, *, namespace: str, volume: DagVolume) -> None:
        super().__init__(scope, id_)
        name = f"{namespace}-dags"
        spec: dict[str, Any] = {
            "capacity": {"storage": CAPACITY},
            "accessModes": ["ReadWriteMany"],
            "volumeMode": "Filesystem",
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": EFS_STORAGE_CLASS,
            "mountOptions": ["tls"],
            "csi": {"driver": EFS_DRIVER, "volumeHandle": f"{volume.file_system_id}::{volume.access_point_id}"},
            "claimRef": {"namespace": namespace, "name": CLAIM},
        }
        persistent_volume = kube_object(self, "volume", kind="PersistentVolume", name=name, spec=spec)
        wanted = {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": CAPACITY}},
            "storageClassName": EFS_STORAGE_CLASS,
            "volumeName": name,
        }
        claim = kube_object(self, "claim", kind="PersistentVolumeClaim", name=CLAIM, namespace=namespace, spec=wanted)
        claim.add_dependency(persistent_volume)
