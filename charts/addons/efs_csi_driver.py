"""Amazon EFS CSI driver: the file system of the DAGs."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon, Statement
from charts.placement import SYSTEM_POOL, node_selector


def addon(context: AddonContext) -> EksAddon:
    """Volumes are made by hand on access points of the CDK's: the driver reads and makes nothing."""
    return EksAddon(
        name="aws-efs-csi-driver",
        configuration={"controller": {"nodeSelector": node_selector(SYSTEM_POOL)}},
        service_accounts=("efs-csi-controller-sa", "efs-csi-node-sa"),
        statements=(
            Statement(
                sid="FindMountTargets",
                actions=(
                    "elasticfilesystem:DescribeAccessPoints",
                    "elasticfilesystem:DescribeFileSystems",
                    "elasticfilesystem:DescribeMountTargets",
                ),
                resources=tuple(
                    context.arn("elasticfilesystem", f"{kind}/*") for kind in ("file-system", "access-point")
                ),
            ),
            # The action takes no resource.
            Statement(sid="FindZones", actions=("ec2:DescribeAvailabilityZones",), resources=("*",)),
        ),
    )
