"""What the mended parts of EKS share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from moto.eks.exceptions import ResourceNotFoundException
from moto.eks.models import Cluster
from moto.eks.responses import EKSResponse

from ops.sandbox.regions import region_named


@dataclass(kw_only=True)
class Parts:
    """What belongs to one cluster."""

    addons: dict[str, dict[str, Any]] = field(default_factory=dict)
    access_entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    access_policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    associations: dict[str, dict[str, Any]] = field(default_factory=dict)


class EksBase(EKSResponse):
    """Finds the cluster that a request is about, and what belongs to it."""

    def cluster(self) -> Cluster:
        # The path's first part is a cluster's name, which some operations call so and others `name`.
        return self.eks_backend.describe_cluster(self._get_param("name") or self._get_param("clusterName"))

    def parts(self) -> Parts:
        parts: Parts = self.cluster().parts  # type: ignore[attr-defined]
        return parts

    def arn(self, resource: str) -> str:
        return region_named(self.region).arn("eks", resource)

    def given(self, *names: str) -> dict[str, Any]:
        return {name: self._get_param(name) for name in names if self._get_param(name) is not None}

    def find(self, items: dict[str, Any], key: str, what: str) -> Any:
        if key not in items:
            raise ResourceNotFoundException(
                clusterName=self.cluster().name, message=f"The {what} {key} could not be found."
            )
        return items[key]
