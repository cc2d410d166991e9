"""The Helm releases of a synthesized application, with the values that they would be installed with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ops.assembly import Assembly
from ops.local.references import References
from ops.names import RELEASE

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
    def is_airflow(self) -> bool:
        """Whether it is Airflow's own."""
        return self.name == RELEASE


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
