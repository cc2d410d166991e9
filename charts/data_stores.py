"""The data stores that are outside the cluster, by the names that CloudWatch has for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataStores:
    """Dimensions of their metrics."""

    database_cluster: str
    queue_nodes: tuple[str, ...]
    file_system: str | None
    """None where none carries the DAGs."""
