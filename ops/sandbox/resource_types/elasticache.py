"""ElastiCache replication groups."""

from __future__ import annotations

from ops.sandbox.resource_types.base import Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import modify
from ops.sandbox.resource_types.tagging import tags

_MAXIMUM_IDENTIFIER = 40


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
            "EngineVersion",
            "LogDeliveryConfigurations",
            "MultiAZEnabled",
            "ReplicationGroupDescription",
            "SecurityGroupIds",
            "SnapshotRetentionLimit",
            by={"ReplicationGroupId": "{ref}"},
            absent={"SnapshotRetentionLimit": 0},
            ApplyImmediately=True,
        ),
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
    in_place = (tags("elasticache", "arn:{partition}:elasticache:{place}:subnetgroup:{ref}"),)

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
