"""Amazon VPC CNI: addresses from the VPC for pods, and network policies."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon


def addon(_context: AddonContext) -> EksAddon:
    """With prefixes of 16 addresses, so that a node carries as many pods as its CPU and memory allow."""
    return EksAddon(
        name="vpc-cni",
        phase="before-nodes",
        configuration={"enableNetworkPolicy": "true", "env": {"ENABLE_PREFIX_DELEGATION": "true"}},
        service_accounts=("aws-node",),
        # Attaches network interfaces to whatever instance asks: EC2 offers no condition that names the cluster.
        managed_policies=("AmazonEKS_CNI_Policy",),
    )
