"""AWS Load Balancer Controller: makes an Application Load Balancer of an Ingress of class ``alb``."""

from __future__ import annotations

from collections.abc import Mapping

import cdk8s

from charts.helm_release import HelmRelease
from charts.network_policy import labelled
from charts.placement import SYSTEM_POOL, node_selector, resources
from charts.scrape import Endpoint
from constructs import Construct
from settings import Registry

NAMESPACE = "kube-system"
SERVICE_ACCOUNT = "aws-load-balancer-controller"
INGRESS_CLASS = "alb"
READINESS_GATE = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
"""Label of a namespace whose pods are ready only when their load balancer finds them healthy.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
"""
METRICS = Endpoint(
    name="load-balancer-controller",
    namespace=NAMESPACE,
    pods=labelled(**{"app.kubernetes.io/name": "aws-load-balancer-controller"}),
    port_name="metrics-server",
    port=8080,
)


class LoadBalancerControllerChart(cdk8s.Chart):
    """The controller's release.

    Region and VPC are values, because no pod reaches instance metadata. The webhook that rewrites every new Service is
    off: nothing here asks for a network load balancer, and with it no Service could be made while the controller is
    down.
    """

    def __init__(
        self, scope: Construct, id_: str, *, registry: Registry, cluster_name: str, region: str, vpc_id: str, waf: bool,
        tags: Mapping[str, str],
    ) -> None:  # fmt: skip
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        image = registry.image("aws-load-balancer-controller")
        HelmRelease(
            self,
            "release",
            chart=registry.chart("aws-load-balancer-controller"),
            release="aws-load-balancer-controller",
            namespace=NAMESPACE,
            values={
                "clusterName": cluster_name,
                "region": region,
                "vpcId": vpc_id,
                "replicaCount": 2,
                "image": {"repository": image.repository, "tag": image.tag_and_digest},
                "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
                # On load balancers, target groups and security groups.
                "defaultTags": dict(tags),
                "defaultTargetType": "ip",
                "enableServiceMutatorWebhook": False,
                # While the controller is down, pods start without its gate rather than not at all.
                "podMutatorWebhookConfig": {"failurePolicy": "Ignore"},
                # Each would be asked for at every reconciliation, which needs permissions.
                "enableShield": False,
                "enableWaf": False,
                "enableWafv2": waf,
                "createIngressClassResource": True,
                "ingressClass": INGRESS_CLASS,
                "nodeSelector": node_selector(SYSTEM_POOL),
                "podDisruptionBudget": {"maxUnavailable": 1},
                "resources": resources(cpu="100m", memory="256Mi"),
            },
        )
