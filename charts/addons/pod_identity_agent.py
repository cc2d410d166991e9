"""EKS Pod Identity agent: AWS credentials for pods."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon


def addon(_context: AddonContext) -> EksAddon:
    """As EKS configures it; before the nodes, since the VPC CNI gets its credentials from it."""
    return EksAddon(name="eks-pod-identity-agent", phase="before-nodes")
