"""ElastiCache replication groups."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify
from ops.sandbox.resource_types.tagging import tags

_MAXIMUM_IDENTIFIER = 40


def _count(request: Request, change: Change) -> None:
    """One is the primary, the others are replicas."""
    old, new = int(change.properties["NumCacheClusters"]), int(request.properties["NumCacheClusters"])
    request.aws.call(
        "elasticache",
        "increase_replica_count" if new > old else "decrease_replica_count",
        ReplicationGroupId=change.physical.ref,
        NewReplicaCount=new - 1,
        ApplyImmediately=True,
    )


def _put_subnets(request: Request, group: str) -> None:
    request.call(
        "elasticache",
        "modify_cache_subnet_group",
        "SubnetIds",
        CacheSubnetGroupName=group,
        CacheSubnetGroupDescription=request.properties["Description"],
    )


class ReplicationGroup(ResourceType):
    name = "AWS::ElastiCache::ReplicationGroup"
    takes_snapshots = True
    in_place = (
        modify(
            "elasticache",
            "modify_replication_group",
            "AutoMinorVersionUpgrade",
            "AutomaticFailoverEnabled",
            "CacheNodeType",
            "CacheParameterGroupName",
            "Engine",
            "EngineVersion",
            "LogDeliveryConfigurations",
            "MultiAZEnabled",
            "ReplicationGroupDescription",
            "SecurityGroupIds",
            "SnapshotRetentionLimit",
            "TransitEncryptionEnabled",
            "TransitEncryptionMode",
            by={"ReplicationGroupId": "{ref}"},
            absent={"SnapshotRetentionLimit": 0},
            ApplyImmediately=True,
        ),
        InPlace(properties=frozenset({"NumCacheClusters"}), apply=_count),
        tags("elasticache", "arn:{partition}:elasticache:{place}:replicationgroup:{ref}"),
    )

    def create(self, request: Request) -> Physical:
        identifier = request.properties.get("ReplicationGroupId") or request.name(limit=_MAXIMUM_IDENTIFIER, lower=True)
        group = request.call(
            "elasticache",
            "create_replication_group",
            "AtRestEncryptionEnabled",
            "AuthToken",
            "AutoMinorVersionUpgrade",
            "AutomaticFailoverEnabled",
            "CacheNodeType",
            "CacheParameterGroupName",
            "CacheSubnetGroupName",
            "Engine",
            "EngineVersion",
            "KmsKeyId",
            "LogDeliveryConfigurations",
            "MultiAZEnabled",
            "NumCacheClusters",
            "Port",
            "ReplicationGroupDescription",
            "SecurityGroupIds",
            "SnapshotRetentionLimit",
            "Tags",
            "TransitEncryptionEnabled",
            "TransitEncryptionMode",
            ReplicationGroupId=identifier,
        )["ReplicationGroup"]
        primary = group["NodeGroups"][0]["PrimaryEndpoint"]
        reader = group["NodeGroups"][0].get("ReaderEndpoint", primary)
        return Physical(
            ref=identifier,
            attributes={
                "PrimaryEndPoint.Address": primary["Address"],
                "PrimaryEndPoint.Port": str(primary["Port"]),
                "ReaderEndPoint.Address": reader["Address"],
                "ReaderEndPoint.Port": str(reader["Port"]),
            },
        )

    def delete(self, deletion: Deletion) -> None:
        final = {"FinalSnapshotIdentifier": f"{deletion.ref}-final"} if deletion.snapshot else {}
        deletion.call("elasticache", "delete_replication_group", ReplicationGroupId=deletion.ref, **final)


class SubnetGroup(ResourceType):
    name = "AWS::ElastiCache::SubnetGroup"
    in_place = (
        again(lambda request, physical: _put_subnets(request, physical.ref), "Description", "SubnetIds"),
        tags("elasticache", "arn:{partition}:elasticache:{place}:subnetgroup:{ref}"),
    )

    def create(self, request: Request) -> Physical:
        group = request.properties.get("CacheSubnetGroupName") or request.name(lower=True)
        request.call(
            "elasticache",
            "create_cache_subnet_group",
            "SubnetIds",
            "Tags",
            CacheSubnetGroupName=group,
            CacheSubnetGroupDescription=request.properties["Description"],
        )
        return Physical(ref=group)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("elasticache", "delete_cache_subnet_group", CacheSubnetGroupName=deletion.ref)
