"""The host name of the load balancer that the AWS Load Balancer Controller makes for an ingress."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_eks_v2 as eks

from constructs import Construct

# A load balancer takes two to three minutes to become active; one of another scheme comes after the old one has gone.
_TIMEOUT = Duration.minutes(10)
# Elastic Load Balancing lets host names of internal load balancers begin so, and ours are all called `airflow-…`.
_INTERNAL = "internal-"


def load_balancer_host(
    scope: Construct, *, cluster: eks.ICluster, namespace: str, ingress: str, scheme: str
) -> eks.KubernetesObjectValue:
    """The ingress' host name, once it is that of a load balancer of this scheme.

    Another scheme makes another load balancer, and until it is there the ingress has the name of the old one. So the
    question, which each scheme asks anew, waits for a name of the right kind.
    """
    comparison = ">" if scheme == "internal" else "<"
    return eks.KubernetesObjectValue(
        scope,
        f"LoadBalancer-{scheme}",
        cluster=cluster,
        object_type="ingress",
        object_name=ingress,
        object_namespace=namespace,
        json_path=f'.status.loadBalancer.ingress[?(@.hostname{comparison}"{_INTERNAL}")].hostname',
        timeout=_TIMEOUT,
    )
