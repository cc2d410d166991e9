"""OpenCost: what namespaces, workloads and jobs cost."""

from __future__ import annotations

from collections.abc import Sequence

import cdk8s

from charts.addons.base import AddonContext, HelmAddon, ServiceAccount, Statement
from charts.helm_release import HelmRelease
from charts.namespace import namespace as make_namespace
from charts.network_policy import ALL_PODS, CREDENTIALS, DNS, HTTPS, Flow, NetworkPolicies, addresses, labelled
from charts.placement import SYSTEM_POOL, node_selector, resources
from charts.scrape import Endpoint
from charts.storage import EBS_STORAGE_CLASS
from constructs import Construct
from settings import Registry

NAMESPACE = "opencost"
_RELEASE = "opencost"
_SERVICE_ACCOUNT = "opencost"
METRICS = Endpoint(
    name="opencost",
    namespace=NAMESPACE,
    pods=labelled(**{"app.kubernetes.io/name": "opencost"}),
    port_name="http",
    port=9003,
)

# Where it keeps what it has measured, when it measures by itself.
_DATA = "/var/configs"
_DATA_SIZE = "10Gi"

_RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def addon(context: AddonContext) -> HelmAddon:
    """Price lists are public; what spot capacity costs now, EC2 says only to somebody."""
    settings = context.settings

    def chart(scope: Construct, id_: str) -> OpenCostChart:
        return OpenCostChart(
            scope,
            id_,
            registry=context.registry,
            cluster_name=settings.name,
            region=settings.region,
            vpc_cidrs=settings.policed_cidrs,
        )

    return HelmAddon(
        chart=chart,
        service_account=ServiceAccount(namespace=NAMESPACE, name=_SERVICE_ACCOUNT),
        statements=(
            # The action takes no resource.
            Statement(sid="ReadSpotPrices", actions=("ec2:DescribeSpotPriceHistory",), resources=("*",)),
        ),
    )


class OpenCostChart(cdk8s.Chart):
    """One pod that asks every node what its pods use, and keeps the sums on a volume of its own: no Prometheus.

    The volume's claim belongs to the release, and goes with it; its class has the volume deleted with the claim.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        registry: Registry,
        cluster_name: str,
        region: str,
        vpc_cidrs: Sequence[str],
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE)
        server, ui = registry.image("opencost"), registry.image("opencost-ui")
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart("opencost"),
            release=_RELEASE,
            namespace=NAMESPACE,
            values={
                "serviceAccount": {"name": _SERVICE_ACCOUNT},
                # A volume is attached to one node at a time: the old pod goes before the new one comes.
                "updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                "podSecurityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 1001,
                    "fsGroup": 1001,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "opencost": {
                    "nodeSelector": node_selector(SYSTEM_POOL),
                    "exporter": {
                        "image": {"fullImageName": str(server)},
                        "defaultClusterId": cluster_name,
                        # No pod reaches instance metadata, where it would look.
                        "extraEnv": {"AWS_REGION": region},
                        "collectorDataSource": {"enabled": True},
                        "persistence": {
                            "enabled": True,
                            "mountPath": _DATA,
                            "accessMode": "ReadWriteOnce",
                            "storageClass": EBS_STORAGE_CLASS,
                            "size": _DATA_SIZE,
                        },
                        "resources": resources(cpu="100m", memory="1Gi"),
                        "securityContext": _RESTRICTED,
                    },
                    "prometheus": {"internal": {"enabled": False}},
                    # A second way to the same numbers, for language models: nobody here asks for it.
                    "mcp": {"enabled": False},
                    "ui": {
                        "image": {"fullImageName": str(ui)},
                        # Its server's own port in the same pod. By itself it would take the way round by the Service,
                        # which is closed to it: the page would open, and show nothing.
                        "modelFqdn": f"127.0.0.1:{METRICS.port}",
                        "resources": resources(cpu="10m", memory="64Mi"),
                        "securityContext": _RESTRICTED,
                    },
                },
            },
        )
        release.add_dependency(namespace)
        if vpc_cidrs:
            policies = NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=_flows(vpc_cidrs))
            policies.node.add_dependency(namespace)
            release.node.add_dependency(policies)


def _flows(vpc_cidrs: Sequence[str]) -> list[Flow]:
    # Price lists and the API server are behind HTTPS; what pods use, each node's kubelet says.
    kubelets = Flow(name="kubelets", pods=ALL_PODS, to=addresses(vpc_cidrs), ports=[("TCP", 10250)])
    return [DNS, HTTPS, CREDENTIALS, METRICS.scrape_in, kubelets]
