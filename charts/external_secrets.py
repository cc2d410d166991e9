"""External Secrets Operator: writes Kubernetes Secrets from AWS Secrets Manager, so none stands in a template."""

from __future__ import annotations

from collections.abc import Sequence

import cdk8s

from charts.alarm_flow import alarm_metrics_in
from charts.helm_release import HelmRelease
from charts.namespace import namespace as make_namespace
from charts.network_policy import (
    ALL_PODS,
    CREDENTIALS,
    DNS,
    EVERYWHERE,
    HTTPS,
    Flow,
    NetworkPolicies,
    Port,
    addresses,
    labelled,
)
from charts.placement import SYSTEM_POOL, node_selector, resources
from charts.scrape import Endpoint
from constructs import Construct
from settings import Registry
from settings.urls import HTTPS_PORT, port_of

NAMESPACE = "external-secrets"
SERVICE_ACCOUNT = "external-secrets"
METRICS = Endpoint(
    name="external-secrets",
    namespace=NAMESPACE,
    pods=labelled(**{"app.kubernetes.io/name": "external-secrets"}),
    port_name="metrics",
    port=8080,
)


class ExternalSecretsChart(cdk8s.Chart):
    """The operator's release, with the kinds that nothing here uses switched off."""

    def __init__(
        self, scope: Construct, id_: str, *, registry: Registry, vpc_cidrs: Sequence[str], bundle_url: str | None
    ) -> None:
        """``vpc_cidrs`` are the VPC's blocks, where there are to be network policies.

        ``bundle_url`` is where the database's authorities are fetched, where it is no server of Amazon RDS.
        """
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE)
        image = registry.image("external-secrets")
        same_image = {"repository": image.repository, "tag": image.tag_and_digest}
        pod = {
            "nodeSelector": node_selector(SYSTEM_POOL),
            "priorityClassName": "system-cluster-critical",
            "resources": resources(cpu="50m", memory="128Mi"),
            "image": same_image,
        }
        # Two replicas of which one stays; the certificate controller runs once and may go at any time.
        replicated = {**pod, "replicaCount": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}}
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart("external-secrets"),
            release="external-secrets",
            namespace=NAMESPACE,
            values={
                **replicated,
                "installCRDs": True,
                "leaderElect": True,
                "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
                # Only SecretStore and ExternalSecret are used, and stores authenticate as the operator itself.
                "processClusterExternalSecret": False,
                "processClusterStore": False,
                "processClusterPushSecret": False,
                "processClusterGenerator": False,
                "processPushSecret": False,
                "rbac": {"serviceAccountTokenCreate": False},
                "webhook": replicated,
                "certController": pod,
            },
        )
        release.add_dependency(namespace)
        if vpc_cidrs:
            policies = NetworkPolicies(
                self, "network-policies", namespace=NAMESPACE, flows=_flows(vpc_cidrs, bundle_url)
            )
            policies.node.add_dependency(namespace)
            release.node.add_dependency(policies)


def _flows(vpc_cidrs: Sequence[str], bundle_url: str | None) -> list[Flow]:
    # The API server asks its webhook whether an ExternalSecret is one.
    webhook = Flow(name="admission-from-api-server", pods=ALL_PODS, source=addresses(vpc_cidrs), ports=[("TCP", 10250)])
    flows = [DNS, HTTPS, CREDENTIALS, METRICS.scrape_in, alarm_metrics_in(NAMESPACE), webhook]
    if bundle_url and port_of(bundle_url) != HTTPS_PORT:
        ports: list[Port] = [("TCP", port_of(bundle_url))]
        flows.append(Flow(name="database-authorities", pods=METRICS.pods, to=[EVERYWHERE], ports=ports))
    return flows
