"""Snapshot controller: VolumeSnapshots of EBS volumes."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon


def addon(_context: AddonContext) -> EksAddon:
    """As EKS configures it. It brings the kinds; the EBS CSI driver takes the snapshots."""
    return EksAddon(name="snapshot-controller")
