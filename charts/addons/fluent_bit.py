"""Fluent Bit: logs of containers and nodes to CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Mapping

import cdk8s

from charts.addons import fluent_bit_pipeline as pipeline
from charts.addons.base import AddonContext, HelmAddon, ServiceAccount, Statement
from charts.addons.container_insights import log_group
from charts.helm_release import HelmRelease
from charts.namespace import namespace as make_namespace
from charts.network_policy import CREDENTIALS, DNS, HTTPS, NetworkPolicies, labelled
from charts.placement import ARCHITECTURE, resources
from charts.scrape import Endpoint
from constructs import Construct
from settings import Registry

NAMESPACE = "fluent-bit"
_NAME = "fluent-bit"
KINDS = ("application", "dataplane", "host")
METRICS = Endpoint(
    name="fluent-bit",
    namespace=NAMESPACE,
    pods=labelled(**{"app.kubernetes.io/name": _NAME}),
    port_name="http",
    port=2020,
    path="/api/v2/metrics/prometheus",
)


def addon(context: AddonContext) -> HelmAddon:
    """It writes to three groups that are there already, and may make none."""
    settings = context.settings
    groups = {kind: log_group(settings.name, kind) for kind in KINDS}

    def chart(scope: Construct, id_: str) -> FluentBitChart:
        return FluentBitChart(
            scope,
            id_,
            registry=context.registry,
            region=settings.region,
            groups=groups,
            network_policies=settings.cluster.network_policies,
        )

    return HelmAddon(
        chart=chart,
        service_account=ServiceAccount(namespace=NAMESPACE, name=_NAME),
        log_groups=tuple(groups.values()),
        statements=(
            Statement(
                sid="WriteLogs",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                # The streams of each group.
                resources=tuple(context.arn("logs", f"log-group:{group}:*") for group in groups.values()),
            ),
        ),
    )


class FluentBitChart(cdk8s.Chart):
    """One pod on every node, whatever its taints.

    Log files belong to root, so its user is root, without any of root's capabilities. They are the node's, as is the
    disk on which it keeps what is not sent yet: no pod security standard but `privileged` lets a pod mount them.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        registry: Registry,
        region: str,
        groups: Mapping[str, str],
        network_policies: bool,
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        namespace = make_namespace(self, name=NAMESPACE, pod_security="privileged")
        image = registry.image(_NAME)
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart(_NAME),
            release=_NAME,
            namespace=NAMESPACE,
            values={
                "image": {"repository": image.repository, "tag": image.tag_and_digest},
                "serviceAccount": {"name": _NAME},
                # Pods and namespaces, to read. Not nodes: who may call their kubelets may run commands in any pod.
                "rbac": {"nodeAccess": False},
                "testFramework": {"enabled": False},
                "config": {
                    "service": pipeline.service(),
                    "customParsers": pipeline.parsers(),
                    "inputs": pipeline.inputs(),
                    "filters": pipeline.filters(),
                    "outputs": pipeline.outputs(region=region, groups=groups),
                },
                "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "daemonSetVolumes": [
                    {"name": "logs", "hostPath": {"path": "/var/log", "type": "Directory"}},
                    {"name": "state", "hostPath": {"path": pipeline.STATE, "type": "DirectoryOrCreate"}},
                ],
                "daemonSetVolumeMounts": [
                    {"name": "logs", "mountPath": "/var/log", "readOnly": True},
                    {"name": "state", "mountPath": pipeline.STATE},
                ],
                "nodeSelector": ARCHITECTURE,
                "tolerations": [{"operator": "Exists"}],
                "priorityClassName": "system-node-critical",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
                "terminationGracePeriodSeconds": pipeline.GRACE_SECONDS + 10,
                # Alive while it answers. What it cannot send is no reason to restart it, nor to call it not ready.
                "livenessProbe": _probe(initial_delay_seconds=30),
                "readinessProbe": _probe(initial_delay_seconds=5),
                "resources": resources(cpu="50m", memory="256Mi"),
                "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                "securityContext": {
                    "runAsUser": 0,
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            },
        )
        release.add_dependency(namespace)
        if network_policies:
            flows = [DNS, HTTPS, CREDENTIALS, METRICS.scrape_in]
            policies = NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=flows)
            policies.node.add_dependency(namespace)
            release.node.add_dependency(policies)


def _probe(*, initial_delay_seconds: int) -> dict[str, object]:
    return {
        "httpGet": {"path": "/", "port": "http"},
        "initialDelaySeconds": initial_delay_seconds,
        "periodSeconds": 20,
        "timeoutSeconds": 10,
    }
