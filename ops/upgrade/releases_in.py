"""The Helm releases of a synthesized application, with the values that they would be installed with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ops.assembly import Assembly
from ops.local.references import References
from ops.names import RELEASE
from settings import load_releases

HELM = "Custom::AWSCDK-EKS-HelmChart"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One Helm release."""

    name: str
    chart: str
    version: str
    namespace: str
    values: dict[str, Any]
    """References are written out in them, as ``${Stack.LogicalId}``."""

    @property
    def key(self) -> str:
        """The key of its chart in settings/releases.yaml."""
        return key_of(self.name, self.chart)

    @property
    def is_airflow(self) -> bool:
        """Whether it is Airflow's own."""
        return self.name == RELEASE


def key_of(release: str, chart: str) -> str:
    """The key of a release's chart in settings/releases.yaml, by the chart's name; the release's own, if there is none.

    A release may be called otherwise than its chart's key.
    """
    charts, name = load_releases().charts, chart.rpartition("/")[2]
    if release in charts and charts[release].name == name:
        return release
    return next((key for key, each in charts.items() if each.name == name), release)


def releases_in(assembly: Assembly) -> tuple[Release, ...]:
    """Every release, in the order in which their stacks are made."""
    references = References(assembly)
    return tuple(
        Release(
            name=str(body["Properties"]["Release"]),
            chart=str(body["Properties"]["Chart"]).rpartition("/")[2],
            version=str(body["Properties"]["Version"]),
            namespace=str(body["Properties"]["Namespace"]),
            values=json.loads(references.text(body["Properties"].get("Values", "{}"), stack.name)),
        )
        for stack in (assembly.root, *assembly.nested)
        for body in stack.template["Resources"].values()
        if body["Type"] == HELM
    )
