"""KEDA: scales Airflow's workers by what is queued and running."""

from __future__ import annotations

from collections.abc import Sequence

import cdk8s

from charts.helm_release import HelmRelease
from charts.namespace import namespace as make_namespace
from charts.network_policy import DNS, HTTPS, WITHIN, Flow, NetworkPolicies, addresses, labelled, pods
from charts.placement import SYSTEM_POOL, node_selector, resources
from charts.scrape import Endpoint
from constructs import Construct
from settings import Registry

NAMESPACE = "keda"
_OPERATOR = labelled(app="keda-operator")
OPERATOR = pods(_OPERATOR, namespace=NAMESPACE)
"""Who counts tasks, as a peer of others' policies."""
METRICS = Endpoint(name="keda", namespace=NAMESPACE, pods=_OPERATOR, port_name="metrics", port=8080)


class KedaChart(cdk8s.Chart):
    """KEDA's release: two operators and two metrics servers, so that losing a node does not stop the scaling."""

    def __init__(self, scope: Construct, id_: str, *, registry: Registry, vpc_cidrs: Sequence[str]) -> None:
        """``vpc_cidrs`` are the VPC's blocks, where there are to be network policies."""
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE)
        images = {
            key: {"registry": image.registry, "repository": image.path, "tag": image.tag_and_digest}
            for key, image in (
                ("keda", registry.image("keda")),
                ("metricsApiServer", registry.image("keda-metrics-apiserver")),
                ("webhooks", registry.image("keda-admission-webhooks")),
            )
        }
        small = resources(cpu="50m", memory="128Mi")
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart("keda"),
            release="keda",
            namespace=NAMESPACE,
            values={
                "crds": {"install": True},
                "image": {**images, "pullPolicy": "IfNotPresent"},
                "operator": {"replicaCount": 2},
                "prometheus": {"operator": {"enabled": True}},
                "metricsServer": {"replicaCount": 2},
                "webhooks": {"replicaCount": 1},
                "podDisruptionBudget": {"operator": {"maxUnavailable": 1}, "metricServer": {"maxUnavailable": 1}},
                "nodeSelector": node_selector(SYSTEM_POOL),
                "priorityClassName": "system-cluster-critical",
                "resources": {
                    "operator": resources(cpu="100m", memory="512Mi"),
                    "metricServer": resources(cpu="100m", memory="256Mi"),
                    "webhooks": small,
                },
            },
        )
        release.add_dependency(namespace)
        if vpc_cidrs:
            policies = NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=_flows(vpc_cidrs))
            policies.node.add_dependency(namespace)
            release.node.add_dependency(policies)


def _flows(vpc_cidrs: Sequence[str]) -> list[Flow]:
    vpc = addresses(vpc_cidrs)
    return [
        DNS,
        HTTPS,
        *WITHIN,
        METRICS.scrape_in,
        # It counts tasks in the database, through Airflow's pooler.
        Flow(
            name="pooler",
            pods=_OPERATOR,
            to=[pods(labelled(component="pgbouncer"), namespace="airflow")],
            ports=[("TCP", 6543)],
        ),
        # The API server asks for metrics and admission.
        Flow(
            name="metrics-from-api-server",
            pods=labelled(app="keda-operator-metrics-apiserver"),
            source=vpc,
            ports=[("TCP", 6443)],
        ),
        Flow(
            name="admission-from-api-server",
            pods=labelled(app="keda-admission-webhooks"),
            source=vpc,
            ports=[("TCP", 9443)],
        ),
    ]
