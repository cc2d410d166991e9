"""Settings of metrics: Prometheus in the cluster, and what it writes to."""

from __future__ import annotations

from pydantic import Field

from settings.section import Section
from settings.types import CpuQuantity, MemoryQuantity

_RETENTION_DAYS_ALONE = 30
# What a person looks at while Managed Prometheus, or the way to it, is away.
_RETENTION_DAYS_BESIDE = 2


class MetricsSettings(Section):
    """Prometheus, in the cluster (docs/metrics.md)."""

    managed_prometheus: bool | None = Field(
        default=None,
        description="Write what Prometheus reads into Amazon Managed Service for Prometheus too, where it stays for "
        "150 days. Unset: where the region has that service.",
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=365,
        description="Days that metrics stay in the cluster's Prometheus, on its volume. Unset: 2 beside Managed "
        "Prometheus, 30 without.",
    )
    replicas: int = Field(
        ge=1, le=2, description="Prometheus servers, each in a zone of its own with a volume of its own."
    )
    cpu: CpuQuantity = Field(description="CPU request of a server.")
    memory: MemoryQuantity = Field(description="Memory request and limit of a server.")
    volume_gib: int = Field(
        default=100,
        ge=10,
        le=1000,
        description="Volume of a server, in GiB. At four fifths of it, the oldest metrics go. The same in every size: "
        "Kubernetes does not enlarge the volumes of a StatefulSet that is there (docs/metrics.md).",
    )

    def days(self, *, managed: bool) -> int:
        """Days that metrics stay in the cluster."""
        if self.retention_days is not None:
            return self.retention_days
        return _RETENTION_DAYS_BESIDE if managed else _RETENTION_DAYS_ALONE
