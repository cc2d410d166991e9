"""Aurora: the log groups that it writes to, its automated backups, and what of it changes later."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.logs.models import logs_backends
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBCluster, DBSubnetGroup, EventSubscription, RDSBackend
from moto.rds.responses import RDSResponse


def apply() -> None:
    """Mend moto's RDS."""
    _write_logs()
    _delete_automated_backups()
    _send_other_logs()
    _keep_subnet_groups()
    _move_event_subscriptions()


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


def _send_other_logs() -> None:
    """Moto looks for the change under the name that the creation has for it."""
    modify = RDSBackend.modify_db_cluster

    def modify_db_cluster(self: RDSBackend, kwargs: dict[str, Any]) -> DBCluster:
        kwargs["enable_cloudwatch_logs_exports"] = kwargs.get("cloudwatch_logs_export_configuration")
        return modify(self, kwargs)

    RDSBackend.modify_db_cluster = modify_db_cluster  # type: ignore[method-assign]


def _keep_subnet_groups() -> None:
    """Moto forgets a subnet group that is modified, and lets it move to another VPC."""
    modify = RDSBackend.modify_db_subnet_group

    def modify_db_subnet_group(
        self: RDSBackend, subnet_name: str, description: str, subnets: list[Any]
    ) -> DBSubnetGroup:
        group = self.subnet_groups[subnet_name]
        if {subnet.vpc_id for subnet in subnets} != {group.vpc_id}:
            raise RDSClientError(
                "InvalidParameterValue", "The new Subnets are not in the same Vpc as the existing subnet group"
            )
        changed = modify(self, subnet_name, description, subnets)
        self.subnet_groups[subnet_name] = changed
        return changed

    RDSBackend.modify_db_subnet_group = modify_db_subnet_group  # type: ignore[method-assign]


def _move_event_subscriptions() -> None:
    """Moto makes event subscriptions, and changes none."""

    def subscription(self: RDSResponse) -> EventSubscription:
        (found,) = self.backend.describe_event_subscriptions(self.params.get("SubscriptionName"))
        return found

    def modify(self: RDSResponse) -> ActionResult:
        found = subscription(self)
        for name in ("enabled", "event_categories", "sns_topic_arn", "source_type"):
            if name in self.params:
                setattr(found, name, self.params[name])
        return ActionResult({"EventSubscription": found})

    def add(self: RDSResponse) -> ActionResult:
        found = subscription(self)
        found.source_ids = [*found.source_ids, self.params["SourceIdentifier"]]
        return ActionResult({"EventSubscription": found})

    def remove(self: RDSResponse) -> ActionResult:
        found = subscription(self)
        found.source_ids = [each for each in found.source_ids if each != self.params["SourceIdentifier"]]
        return ActionResult({"EventSubscription": found})

    RDSResponse.modify_event_subscription = modify  # type: ignore[attr-defined]
    RDSResponse.add_source_identifier_to_subscription = add  # type: ignore[attr-defined]
    RDSResponse.remove_source_identifier_from_subscription = remove  # type: ignore[attr-defined]
