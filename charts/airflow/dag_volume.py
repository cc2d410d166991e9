"""The volume that carries the DAGs: git-sync in the DAG processor writes it, every other pod reads it."""

from __future__ import annotations

from typing import Any

import cdk8s
import cdk8s_plus_27 as kplus

from charts.airflow.inputs import DagVolume
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
        persistent_volume = cdk8s.ApiObject(
            self,
            "volume",
            api_version="v1",
            kind="PersistentVolume",
            metadata=cdk8s.ApiObjectMetadata(name=name),
        )
        persistent_volume.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
        quantity = kplus.k8s.Quantity.from_string(CAPACITY)
        claim = kplus.k8s.KubePersistentVolumeClaim(
            self,
            "claim",
            metadata=kplus.k8s.ObjectMeta(name=CLAIM, namespace=namespace),
            spec=kplus.k8s.PersistentVolumeClaimSpec(
                access_modes=["ReadWriteMany"],
                storage_class_name=EFS_STORAGE_CLASS,
                volume_name=name,
                resources=kplus.k8s.ResourceRequirements(requests={"storage": quantity}),
            ),
        )
        claim.add_dependency(persistent_volume)
