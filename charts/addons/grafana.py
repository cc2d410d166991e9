"""Grafana: boards of Airflow's metrics, of the nodes' and of the data stores'."""

from __future__ import annotations

import cdk8s
import cdk8s_plus_27 as kplus

from charts.addons.base import AddonContext, GrafanaInputs, HelmAddon, ServiceAccount, Statement
from charts.addons.grafana_values import PROMETHEUS_PORT, grafana_values
from charts.dashboards import Board, boards
from charts.external_secret import ExternalSecret, SecretStore, secrets_manager
from charts.helm_release import HelmRelease
from charts.network_policy import CREDENTIALS, Flow, NetworkPolicies, labelled, pods
from charts.scrape import NAMESPACE, PROMETHEUS
from constructs import Construct
from settings import Registry, Settings

_NAME = "grafana"
_STORE = "grafana-secrets-manager"
ADMIN_SECRET = "grafana-admin"  # noqa: S105 - a Secret's name
_PODS = labelled(**{"app.kubernetes.io/name": _NAME})


def addon(context: AddonContext) -> HelmAddon:
    """It reads CloudWatch's metrics, and nothing else of AWS."""
    settings = context.settings

    def chart(scope: Construct, id_: str) -> GrafanaChart:
        if context.grafana is None:
            raise ValueError("Grafana's chart needs to know its password and what it shows")
        return GrafanaChart(scope, id_, registry=context.registry, settings=settings, inputs=context.grafana)

    return HelmAddon(
        chart=chart,
        needs_nodes=True,
        needs_secrets=True,
        service_account=ServiceAccount(namespace=NAMESPACE, name=_NAME),
        statements=(
            # Neither action takes a resource. They read numbers alone: no logs, no tags, no alarms.
            Statement(
                sid="ReadMetrics", actions=("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"), resources=("*",)
            ),
        ),
        # Whose namespace it is in, and whose metrics it shows.
        after=("prometheus",),
    )


class GrafanaChart(cdk8s.Chart):
    """Its password, its boards, and the release.

    One pod without a volume: all that there is to see is made of this chart, so a new pod has it again, and what
    somebody has changed in the old one is gone. Two would not know each other's sessions.
    """

    def __init__(
        self, scope: Construct, id_: str, *, registry: Registry, settings: Settings, inputs: GrafanaInputs
    ) -> None:
        super().__init__(scope, id_, disable_resource_name_hashes=True)
        found = boards(addons=settings.addons, stores=inputs.stores)
        before: list[Construct] = [
            self._password(region=settings.region, secret_arn=inputs.admin_secret_arn),
            *(self._config_map(board, settings.alarms.runbook_url) for board in found),
        ]
        if settings.cluster.network_policies:
            before.append(NetworkPolicies(self, "network-policies", namespace=NAMESPACE, flows=_flows(), denial=False))
        release = HelmRelease(
            self,
            "release",
            chart=registry.chart(_NAME),
            release=_NAME,
            namespace=NAMESPACE,
            values=grafana_values(
                image=registry.image(_NAME),
                region=settings.region,
                service_account=_NAME,
                admin_secret=ADMIN_SECRET,
                config_maps={board.name: _config_map_name(board) for board in found},
            ),
        )
        release.node.add_dependency(*before)

    def _password(self, *, region: str, secret_arn: str) -> Construct:
        store = SecretStore(self, "store", name=_STORE, namespace=NAMESPACE, provider=secrets_manager(region))
        secret = ExternalSecret(
            self,
            "admin",
            name=ADMIN_SECRET,
            namespace=NAMESPACE,
            store=_STORE,
            sources={"username": (secret_arn, "username"), "password": (secret_arn, "password")},
            data={
                "admin-user": "{{ .username }}",
                "admin-password": "{{ .password }}",
                # What Grafana encrypts and signs with in its own database; everybody knows the one that it comes with.
                "secret-key": "{{ .password | sha256sum }}",
            },
        )
        secret.add_dependency(store)
        return secret

    def _config_map(self, board: Board, runbook_url: str | None) -> Construct:
        return kplus.ConfigMap(
            self,
            f"board-{board.name}",
            metadata=cdk8s.ApiObjectMetadata(name=_config_map_name(board), namespace=NAMESPACE),
            data={f"{board.name}.json": board.json(runbook_url=runbook_url)},
        )


def _config_map_name(board: Board) -> str:
    return f"grafana-board-{board.name}"


def _flows() -> list[Flow]:
    # Names, and AWS by HTTPS, are open to all pods of the namespace: charts/addons/prometheus.py. Nobody comes in but
    # the kubelet, and through it `kubectl port-forward`.
    return [
        Flow(name="grafana-asks", pods=_PODS, to=[pods(PROMETHEUS)], ports=[("TCP", PROMETHEUS_PORT)]),
        Flow(name="grafana-is-answered", pods=PROMETHEUS, source=[pods(_PODS)], ports=[("TCP", PROMETHEUS_PORT)]),
        Flow(name="grafana-credentials", pods=_PODS, to=CREDENTIALS.to, ports=CREDENTIALS.ports),
    ]
