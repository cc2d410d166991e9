"""EKS node monitoring agent: what is wrong with a node, as conditions and events."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon


def addon(_context: AddonContext) -> EksAddon:
    """As EKS configures it. It reports; who repairs is Karpenter, or a person."""
    return EksAddon(name="eks-node-monitoring-agent")
