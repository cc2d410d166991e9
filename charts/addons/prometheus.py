"""Prometheus: metrics of Airflow, of what it runs on, and of nodes."""

from __future__ import annotations

from collections.abc import Sequence

import cdk8s

from charts import external_secrets, karpenter, keda, load_balancer_controller
from charts.addons import fluent_bit, opencost
from charts.addons.base import AddonContext, HelmAddon, ServiceAccount, Statement
from charts.addons.prometheus_values import (
    KUBE_STATE_METRICS_PORT,
    NODE_EXPORTER_NAMESPACE,
    NODE_EXPORTER_PORT,
    SERVICE_ACCOUNT,
    RemoteWrite,
    stack_values,
)
from charts.airflow.endpoints import airflow_endpoints
from charts.helm_release import HelmRelease
from charts.namespace import namespace as make_namespace
from charts.network_policy import (
    CREDENTIALS,
    DNS,
    HTTPS,
    Flow,
    NetworkPolicies,
    Port,
    Selector,
    addresses,
    labelled,
    pods,
)
from charts.scrape import NAMESPACE, PROMETHEUS, Endpoint
from charts.spark.names import OPERATOR_METRICS
from constructs import Construct
from settings import Registry, Settings

_STACK, _CRDS = "kube-prometheus-stack", "prometheus-operator-crds"
# Kinds of what is not run here: the operator leaves out what it finds no definition of.
_NOT_RUN = ("alertmanagerconfigs", "alertmanagers", "prometheusagents", "scrapeconfigs", "thanosrulers")
_KUBELET_PORT, _COREDNS_PORT = 10250, 9153
_OPERATOR_PORT, _PROMETHEUS_PORT, _RELOADER_PORT = 8080, 9090, 8080


def addon(context: AddonContext) -> HelmAddon:
    """It may write into its workspace, and read nothing."""
    settings = context.settings
    workspace = context.metrics_workspace if settings.has_managed_prometheus else None

    def chart(scope: Construct, id_: str) -> PrometheusChart:
        return PrometheusChart(
            scope,
            id_,
            registry=context.registry,
            settings=settings,
            remote_write=RemoteWrite(url=workspace.remote_write_url, region=settings.region) if workspace else None,
        )

    if workspace is None:
        return HelmAddon(chart=chart, needs_nodes=True)
    return HelmAddon(
        chart=chart,
        needs_nodes=True,
        service_account=ServiceAccount(namespace=NAMESPACE, name=SERVICE_ACCOUNT),
        statements=(Statement(sid="WriteMetrics", actions=("aps:RemoteWrite",), resources=(workspace.arn,)),),
    )


def endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    """What is read by monitors of ours, of what these settings install. Kubernetes itself, the stack's own do."""
    found = [
        *airflow_endpoints(settings.dags.delivery),
        keda.METRICS,
        karpenter.METRICS,
        external_secrets.METRICS,
        load_balancer_controller.METRICS,
    ]
    if settings.addons.opencost:
        found.append(opencost.METRICS)
    if settings.addons.fluent_bit:
        found.append(fluent_bit.METRICS)
    if settings.addons.spark_operator:
        found.append(OPERATOR_METRICS)
    return tuple(found)


class PrometheusChart(cdk8s.Chart):
    """The kinds, the stack (operator, Prometheus, kube-state-metrics, node exporter), and what is read.

    On the way back the monitors go first, then the stack. The operator makes a StatefulSet for the Prometheus object,
    which owns it, and sets no finalizer: Kubernetes deletes the StatefulSet with the object, whether or not the
    operator is still there, and the volumes' claims with the StatefulSet, as their retention policy says. The
    namespace, which goes last, is not gone before all of them are.
    https://prometheus-operator.dev/docs/platform/storage/
    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
    """

    def __init__(
        self, scope: Construct, id_: str, *, registry: Registry, settings: Settings, remote_write: RemoteWrite | None
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        read = endpoints(settings)
        namespace = make_namespace(self, name=NAMESPACE)
        # It reads the node's own files, and shares its network and its processes.
        on_nodes = make_namespace(
            Construct(self, "node-exporter"), name=NODE_EXPORTER_NAMESPACE, pod_security="privileged"
        )
        crds = HelmRelease(
            self,
            "crds",
            chart=registry.chart(_CRDS),
            release=_CRDS,
            namespace=NAMESPACE,
            values={"crds": {name: {"enabled": False} for name in _NOT_RUN}},
        )
        crds.add_dependency(namespace)
        stack = HelmRelease(
            self,
            "release",
            chart=registry.chart(_STACK),
            release=_STACK,
            namespace=NAMESPACE,
            values=stack_values(
                registry=registry,
                metrics=settings.metrics,
                cluster_name=settings.name,
                remote_write=remote_write,
            ),
        )
        stack.add_dependency(crds, on_nodes)
        for each in read:
            monitor = cdk8s.ApiObject(
                self,
                f"monitor-{each.name}",
                api_version="monitoring.coreos.com/v1",
                kind="PodMonitor",
                metadata=cdk8s.ApiObjectMetadata(name=each.name, namespace=NAMESPACE),
            )
            monitor.add_json_patch(cdk8s.JsonPatch.add("/spec", each.monitor))
            monitor.add_dependency(stack)
        if settings.cluster.network_policies:
            flows = _flows(settings.network.vpc_cidrs, read)
            policies = NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=flows)
            policies.node.add_dependency(namespace)
            stack.node.add_dependency(policies)


def _flows(vpc_cidrs: Sequence[str], read: Sequence[Endpoint]) -> list[Flow]:
    # Nodes answer with their own addresses, which are the VPC's: the kubelet, and the node exporter on its network.
    nodes: list[Port] = [("TCP", _KUBELET_PORT), ("TCP", NODE_EXPORTER_PORT)]
    dns = pods(labelled(**{"k8s-app": "kube-dns"}), namespace="kube-system")
    state = labelled(**{"app.kubernetes.io/name": "kube-state-metrics"})
    operator = labelled(app=f"{_STACK}-operator")
    own: list[tuple[str, Selector, *tuple[int, ...]]] = [
        ("kube-state-metrics", state, KUBE_STATE_METRICS_PORT),
        ("operator", operator, _OPERATOR_PORT),
        # Each reads itself and the other, and what reloads their configuration.
        ("prometheus", PROMETHEUS, _PROMETHEUS_PORT, _RELOADER_PORT),
    ]
    found = [
        DNS,
        # Kubernetes' API for all of them, and for Prometheus the API server's own metrics and Managed Prometheus.
        HTTPS,
        Flow(name="aws-credentials", pods=PROMETHEUS, to=CREDENTIALS.to, ports=CREDENTIALS.ports),
        Flow(name="nodes", pods=PROMETHEUS, to=addresses(vpc_cidrs), ports=nodes),
        Flow(name="coredns", pods=PROMETHEUS, to=[dns], ports=[("TCP", _COREDNS_PORT)]),
        *(each.scrape_out for each in read),
    ]
    for name, target, *ports in own:
        allowed: list[Port] = [("TCP", port) for port in ports]
        found += [
            Flow(name=f"metrics-of-{name}", pods=PROMETHEUS, to=[pods(target)], ports=allowed),
            Flow(name=f"metrics-of-{name}-in", pods=target, source=[pods(PROMETHEUS)], ports=allowed),
        ]
    return found
