"""Aurora: clusters, instances and what they are configured by."""

from __future__ import annotations

from ops.sandbox.cloudformation.errors import RefusedChangeError
from ops.sandbox.resource_types.base import Change, Deletion, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify, put
from ops.sandbox.resource_types.tagging import tags

_MAXIMUM_IDENTIFIER = 63


# What can be changed later, too.
_CLUSTER = (
    "BackupRetentionPeriod", "CopyTagsToSnapshot", "DBClusterParameterGroupName", "DeletionProtection", "EngineVersion",
    "Port", "VpcSecurityGroupIds",
)  # fmt: skip


class DBCluster(ResourceType):
    name = "AWS::RDS::DBCluster"
    takes_snapshots = True
    in_place = (
        modify(
            "rds",
            "modify_db_cluster",
            *_CLUSTER,
            by={"DBClusterIdentifier": "{ref}"},
            ApplyImmediately=True,
        ),
        tags("rds", "{physical[DBClusterArn]}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        identifier = properties.get("DBClusterIdentifier") or request.name(limit=_MAXIMUM_IDENTIFIER, lower=True)
        secret_key = properties.get("MasterUserSecret", {}).get("KmsKeyId")
        cluster = request.call(
            "rds",
            "create_db_cluster",
            *_CLUSTER,
            "DBSubnetGroupName",
            "DatabaseName",
            "Engine",
            "KmsKeyId",
            "ManageMasterUserPassword",
            "MasterUserPassword",
            "MasterUsername",
            "StorageEncrypted",
            "Tags",
            DBClusterIdentifier=identifier,
            EnableCloudwatchLogsExports=properties.get("EnableCloudwatchLogsExports", []),
            **({"MasterUserSecretKmsKeyId": secret_key} if secret_key else {}),
        )["DBCluster"]
        secret = cluster.get("MasterUserSecret")
        return Physical(
            ref=identifier,
            attributes={
                "DBClusterArn": cluster["DBClusterArn"],
                "DBClusterResourceId": cluster["DbClusterResourceId"],
                "Endpoint.Address": cluster["Endpoint"],
                "Endpoint.Port": str(cluster["Port"]),
                "ReadEndpoint.Address": cluster["ReaderEndpoint"],
                **({"MasterUserSecret.SecretArn": secret["SecretArn"]} if secret else {}),
            },
        )

    def update(self, request: Request, change: Change) -> Physical:
        old, new = change.properties.get("EngineVersion"), request.properties.get("EngineVersion")
        if old and new and _version(new) < _version(old):
            # Its words: https://github.com/nationalarchives/ds-caselaw-data-enrichment-service/pull/167
            raise RefusedChangeError(f"Cannot upgrade {request.properties['Engine']} from {old} to {new}")
        return super().update(request, change)

    def delete(self, deletion: Deletion) -> None:
        final = {"FinalDBSnapshotIdentifier": f"{deletion.ref}-final"} if deletion.snapshot else {}
        deletion.call(
            "rds",
            "delete_db_cluster",
            DBClusterIdentifier=deletion.ref,
            SkipFinalSnapshot=not deletion.snapshot,
            **final,
        )


class DBInstance(ResourceType):
    name = "AWS::RDS::DBInstance"
    in_place = (
        modify(
            "rds",
            "modify_db_instance",
            "CACertificateIdentifier",
            "DBInstanceClass",
            "PromotionTier",
            "PubliclyAccessible",
            by={"DBInstanceIdentifier": "{ref}"},
            ApplyImmediately=True,
        ),
        tags("rds", "{physical[DBInstanceArn]}"),
    )

    def create(self, request: Request) -> Physical:
        identifier = request.properties.get("DBInstanceIdentifier") or request.name(
            limit=_MAXIMUM_IDENTIFIER, lower=True
        )
        instance = request.call(
            "rds",
            "create_db_instance",
            "CACertificateIdentifier",
            "DBClusterIdentifier",
            "DBInstanceClass",
            "Engine",
            "PromotionTier",
            "PubliclyAccessible",
            "Tags",
            DBInstanceIdentifier=identifier,
        )["DBInstance"]
        return Physical(
            ref=identifier,
            attributes={
                "DBInstanceArn": instance["DBInstanceArn"],
                "Endpoint.Address": instance["Endpoint"]["Address"],
                "Endpoint.Port": str(instance["Endpoint"]["Port"]),
            },
        )

    def delete(self, deletion: Deletion) -> None:
        deletion.call("rds", "delete_db_instance", DBInstanceIdentifier=deletion.ref, SkipFinalSnapshot=True)


class DBClusterParameterGroup(ResourceType):
    name = "AWS::RDS::DBClusterParameterGroup"
    in_place = (
        again(lambda request, physical: _set_parameters(request, physical.ref), "Parameters"),
        tags("rds", "arn:{partition}:rds:{place}:cluster-pg:{ref}"),
    )

    def create(self, request: Request) -> Physical:
        properties = request.properties
        group = properties.get("DBClusterParameterGroupName") or request.name(lower=True)
        request.call(
            "rds",
            "create_db_cluster_parameter_group",
            "Description",
            "Tags",
            DBClusterParameterGroupName=group,
            DBParameterGroupFamily=properties["Family"],
        )
        request.made(Physical(ref=group))
        _set_parameters(request, group)
        return Physical(ref=group)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("rds", "delete_db_cluster_parameter_group", DBClusterParameterGroupName=deletion.ref)


class DBSubnetGroup(ResourceType):
    name = "AWS::RDS::DBSubnetGroup"
    in_place = (
        put(
            "rds", "modify_db_subnet_group", "DBSubnetGroupDescription", "SubnetIds", by={"DBSubnetGroupName": "{ref}"}
        ),
        tags("rds", "arn:{partition}:rds:{place}:subgrp:{ref}"),
    )

    def create(self, request: Request) -> Physical:
        group = request.properties.get("DBSubnetGroupName") or request.name(lower=True)
        request.call(
            "rds", "create_db_subnet_group", "DBSubnetGroupDescription", "SubnetIds", "Tags", DBSubnetGroupName=group
        )
        return Physical(ref=group)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("rds", "delete_db_subnet_group", DBSubnetGroupName=deletion.ref)


class EventSubscription(ResourceType):
    name = "AWS::RDS::EventSubscription"
    in_place = (tags("rds", "arn:{partition}:rds:{place}:es:{ref}"),)

    def create(self, request: Request) -> Physical:
        name = request.properties.get("SubscriptionName") or request.name(limit=255, lower=True)
        request.call(
            "rds",
            "create_event_subscription",
            "SnsTopicArn",
            "SourceType",
            "SourceIds",
            "EventCategories",
            "Enabled",
            "Tags",
            SubscriptionName=name,
        )
        return Physical(ref=name)

    def delete(self, deletion: Deletion) -> None:
        deletion.call("rds", "delete_event_subscription", SubscriptionName=deletion.ref)


def _set_parameters(request: Request, group: str) -> None:
    parameters = [
        {"ParameterName": name, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"}
        for name, value in request.properties["Parameters"].items()
    ]
    request.aws.call(
        "rds", "modify_db_cluster_parameter_group", DBClusterParameterGroupName=group, Parameters=parameters
    )


def _version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
