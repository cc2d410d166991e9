"""Amazon EBS CSI driver: volumes for pods that keep something."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon
from charts.placement import SYSTEM_POOL, node_selector


def addon(context: AddonContext) -> EksAddon:
    """Its StorageClass `gp3` is in charts/storage.py."""
    return EksAddon(
        name="aws-ebs-csi-driver",
        # Volumes are taken away when Karpenter's nodes already are.
        configuration={
            "controller": {
                "nodeSelector": node_selector(SYSTEM_POOL),
                # Volumes that pods ask for are in no template. These get what new ones are tagged with.
                "extraVolumeTags": context.settings.tags_of("storage"),
            }
        },
        service_accounts=("ebs-csi-controller-sa",),
        # AWS' own policy for the driver: it touches only volumes and snapshots that carry the driver's tag.
        managed_policies=("service-role/AmazonEBSCSIDriverPolicy",),
    )
