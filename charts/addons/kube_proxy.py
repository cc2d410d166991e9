"""kube-proxy: Services."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon


def addon(_context: AddonContext) -> EksAddon:
    """As EKS configures it."""
    return EksAddon(name="kube-proxy", phase="before-nodes")
