"""Aurora: clusters, instances and what they are configured by."""

from __future__ import annotations

from dataclasses import replace

from ops.sandbox.cloudformation.errors import RefusedChangeError
from ops.sandbox.resource_types.base import Change, Deletion, InPlace, Physical, Request, ResourceType
from ops.sandbox.resource_types.in_place import again, modify, put
from ops.sandbox.resource_types.tagging import tags

_MAXIMUM_IDENTIFIER = 63


# What can be changed later, too.
_CLUSTER = (
    "BackupRetentionPeriod", "CopyTagsToSnapshot", "DBClusterParameterGroupName", "DeletionProtection", "EngineVersion",
    "Port", "StorageType", "VpcSecurityGroupIds",
)  # fmt: skip


_LOGS = frozenset({"EnableCloudwatchLogsExports"})


def _export_logs(request: Request, change: Change) -> None:
    """Logs that are sent to CloudWatch."""
    (name,) = _LOGS
    old, new = set(change.properties.get(name, [])), set(request.properties.get(name, []))
    exports = {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}
    request.aws.call(
        "rds",
        "modify_db_cluster",
        DBClusterIdentifier=change.physical.ref,
        CloudwatchLogsExportConfiguration={kind: kinds for kind, kinds in exports.items() if kinds},
    )


class DBCluster(ResourceType):
    name = "AWS::RDS::DBCluster"
    takes_snapshots = True
    in_place = (
        modify(
            "rds",
            "modify_db_cluster",
            *_CLUSTER,
            by={"DBClusterIdentifier": "{ref}"},
            absent={"StorageType": "aurora"},
            AllowMajorVersionUpgrade=True,  # CloudFormation asks nobody for it
            ApplyImmediately=True,
        ),
        InPlace(properties=_LOGS, apply=_export_logs, removable=_LOGS),
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
        if change.rolling_back and old != new:
            # On the way back CloudFormation leaves the engine as it has become.
            # https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds, Translator of DBCluster
            return super().update(request, replace(change, properties={**change.properties, "EngineVersion": new}))
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


_SUBSCRIPTION = {"SubscriptionName": "{ref}"}


def _move_sources(request: Request, change: Change) -> None:
    """A subscription never is without a source that it had, until it has the new ones."""
    old, new = set(change.properties["SourceIds"]), set(request.properties["SourceIds"])
    name = change.physical.ref
    for operation, sources in (
        ("add_source_identifier_to_subscription", new - old),
        ("remove_source_identifier_from_subscription", old - new),
    ):
        for source in sorted(sources):
            request.aws.call("rds", operation, SubscriptionName=name, SourceIdentifier=source)


class EventSubscription(ResourceType):
    name = "AWS::RDS::EventSubscription"
    in_place = (
        modify("rds", "modify_event_subscription", "Enabled", "EventCategories", "SourceType", by=_SUBSCRIPTION),
        InPlace(properties=frozenset({"SourceIds"}), apply=_move_sources),
        tags("rds", "arn:{partition}:rds:{place}:es:{ref}"),
    )

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
