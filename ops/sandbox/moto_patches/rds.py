"""Aurora: the log groups that it writes to, and its automated backups."""

from __future__ import annotations

from typing import Any

from moto.logs.models import logs_backends
from moto.rds.models import DBCluster, RDSBackend


def apply() -> None:
    """Mend moto's RDS."""
    _write_logs()
    _delete_automated_backups()


def _write_logs() -> None:
    """Moto's Aurora writes no logs. Who made a log group first owns it: the stack, or RDS, which never deletes it."""
    create = RDSBackend.create_db_cluster

    def create_db_cluster(self: RDSBackend, kwargs: dict[str, Any]) -> DBCluster:
        cluster = create(self, kwargs)
        logs = logs_backends[self.account_id][self.region_name]
        for kind in cluster.enabled_cloudwatch_logs_exports or []:
            logs.ensure_log_group(f"/aws/rds/cluster/{cluster.db_cluster_identifier}/{kind}")
        return cluster

    RDSBackend.create_db_cluster = create_db_cluster  # type: ignore[method-assign]


def _delete_automated_backups() -> None:
    """Moto keeps the automated snapshot. AWS deletes it with the cluster, unless asked not to."""
    delete = RDSBackend.delete_db_cluster

    def delete_db_cluster(self: RDSBackend, cluster_identifier: str, snapshot_name: str | None = None) -> DBCluster:
        cluster = delete(self, cluster_identifier, snapshot_name)
        for identifier, snapshot in list(self.cluster_snapshots.items()):
            of_cluster = snapshot.cluster.db_cluster_identifier == cluster_identifier
            if of_cluster and snapshot.snapshot_type == "automated":
                del self.cluster_snapshots[identifier]
        return cluster

    RDSBackend.delete_db_cluster = delete_db_cluster  # type: ignore[method-assign]
