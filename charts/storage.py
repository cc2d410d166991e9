"""StorageClasses: ``gp3`` for a pod's own disk, ``efs-sc`` for what several pods share."""

from __future__ import annotations

import cdk8s
import cdk8s_plus_27 as kplus

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
            kplus.k8s.KubeStorageClass(
                self,
                "gp3",
                metadata=kplus.k8s.ObjectMeta(
                    name=EBS_STORAGE_CLASS, annotations={"storageclass.kubernetes.io/is-default-class": "true"}
                ),
                provisioner="ebs.csi.aws.com",
                parameters={"type": "gp3", "encrypted": "true", "kmsKeyId": kms_key_arn},
                reclaim_policy="Delete",
                volume_binding_mode="WaitForFirstConsumer",
                allow_volume_expansion=True,
            )
        if efs:
            kplus.k8s.KubeStorageClass(
                self,
                "efs",
                metadata=kplus.k8s.ObjectMeta(name=EFS_STORAGE_CLASS),
                provisioner=EFS_DRIVER,
                reclaim_policy="Retain",
            )
