"""StorageClasses: ``gp3`` for a pod's own disk, ``efs-sc`` for what several pods share."""

from __future__ import annotations

import cdk8s

from charts.objects import kube_object
from constructs import Construct

EBS_STORAGE_CLASS = "gp3"
EFS_STORAGE_CLASS = "efs-sc"
EFS_DRIVER = "efs.csi.aws.com"


class StorageChart(cdk8s.Chart):
    """A class for each of the two drivers that is there.

    ``efs-sc`` is bound by volumes that name an access point of the CDK application's own: the driver creates none, so
    it needs no permission to, and nothing of it is left behind.
    """

    def __init__(self, scope: Construct, id_: str, *, kms_key_arn: str, ebs: bool, efs: bool) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        if ebs:
            kube_object(
                self,
                "gp3",
                api_version="storage.k8s.io/v1",
                kind="StorageClass",
                name=EBS_STORAGE_CLASS,
                annotations={"storageclass.kubernetes.io/is-default-class": "true"},
                allowVolumeExpansion=True,
                parameters={"encrypted": "true", "kmsKeyId": kms_key_arn, "type": "gp3"},
                provisioner="ebs.csi.aws.com",
                reclaimPolicy="Delete",
                volumeBindingMode="WaitForFirstConsumer",
            )
        if efs:
            kube_object(
                self,
                "efs",
                api_version="storage.k8s.io/v1",
                kind="StorageClass",
                name=EFS_STORAGE_CLASS,
                provisioner=EFS_DRIVER,
                reclaimPolicy="Retain",
            )
