"""Amazon VPC CNI: addresses from the VPC for pods, and network policies."""

from __future__ import annotations

from charts.addons.base import AddonContext, EksAddon


def addon(_context: AddonContext) -> EksAddon:
    """With prefixes of 16 addresses, so that a pod rarely waits for one: EC2 is asked once for many."""
    return EksAddon(
        name="vpc-cni",
        phase="before-nodes",
        configuration={"enableNetworkPolicy": "true", "env": {"ENABLE_PREFIX_DELEGATION": "true"}},
        service_accounts=("aws-node",),
        # Attaches network interfaces to whatever instance asks: EC2 offers no condition that names the cluster.
        managed_policies=("AmazonEKS_CNI_Policy",),
    )
