"""What an add-on says of itself: how it is installed, what it may do, and when it comes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import cdk8s

from charts.data_stores import DataStores
from constructs import Construct
from settings import Registry, Settings
from settings.addons import addon_switches


@dataclass(frozen=True, kw_only=True)
class MetricsWorkspace:
    """Where metrics are kept outside the cluster (Amazon Managed Service for Prometheus), as tokens of the CDK."""

    arn: str
    remote_write_url: str


@dataclass(frozen=True, kw_only=True)
class GrafanaInputs:
    """What Grafana is opened with, and what it shows from outside the cluster, as tokens of the CDK."""

    admin_secret_arn: str
    stores: DataStores


@dataclass(frozen=True, kw_only=True)
class AddonContext:
    """What an add-on may want to know of the platform."""

    settings: Settings
    registry: Registry
    partition: str
    account: str
    vpc_id: str
    """Tokens of the CDK, as text: they are known when the stack is deployed."""
    key_arn: str
    """The deployment's key."""
    metrics_workspace: MetricsWorkspace | None = None
    """None where there is none; and none is needed to know which add-ons there are."""
    grafana: GrafanaInputs | None = None
    """None where there is no Grafana; and none is needed either to know which add-ons there are."""

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource in the deployment's account and region."""
        return f"arn:{self.partition}:{service}:{self.settings.region}:{self.account}:{resource}"


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """The account that an add-on's pods run as, and that its role is for."""

    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A permission. ``sid`` says what it is for; where a resource is ``*``, a comment beside it says why."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class EksAddon:
    """An add-on that EKS installs, in the version of settings/releases.yaml or the one that it recommends."""

    name: str
    """EKS' name of it."""
    phase: Literal["before-nodes", "with-nodes"] = "with-nodes"
    """Whether a node needs it to become ready, or it runs on nodes."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    namespace: str = "kube-system"
    """Where EKS installs it."""
    service_accounts: tuple[str, ...] = ()
    """Each gets a role of its own with the permissions below."""
    managed_policies: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    log_groups: tuple[str, ...] = ()
    """CloudWatch Logs groups that it writes to, by their names: made before it, and deleted after it."""


@dataclass(frozen=True, kw_only=True)
class HelmAddon:
    """An add-on that is a Helm release, with what goes with it."""

    chart: Callable[[Construct, str], cdk8s.Chart]
    """Makes the chart, within a scope and by an id."""
    service_account: ServiceAccount | None = None
    """Who its role is for; none where it does not call AWS."""
    statements: tuple[Statement, ...] = ()
    log_groups: tuple[str, ...] = ()
    """CloudWatch Logs groups that it writes to, by their names: made before it, and deleted after it."""
    needs_nodes: bool = False
    """Whether its pods run on nodes from Karpenter: it comes after the NodePools, and goes before them."""
    needs_secrets: bool = False
    """Whether External Secrets writes Secrets for it: it comes after that operator, and goes before it."""
    after: tuple[str, ...] = ()
    """Add-ons that have to be there first, and go after it."""


Addon = EksAddon | HelmAddon


def enabled_addons(context: AddonContext) -> Iterator[tuple[str, Addon]]:
    """Every add-on that is switched on and has a file here, by its name."""
    for switch in addon_switches(context.settings.addons):
        if switch.is_on and (module := _module(switch.name)):
            yield switch.name, module.addon(context)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"{__package__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.{name}":
            raise
        return None
