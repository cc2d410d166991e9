"""Celery's queue: ElastiCache, Valkey or Redis OSS."""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager

from airflow_eks.log_groups import OwnedLogGroup
from constructs import Construct

PORT = 6379
# ElastiCache takes 16 to 128 printable characters.
_TOKEN_LENGTH = 64


class MessageBroker(Construct):
    """A replication group, Multi-AZ, with TLS and an AUTH token.

    Cluster mode stays off, because Celery's multi-key commands fail on it (CROSSSLOT).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        subnet_ids: list[str],
        engine: str,
        engine_version: str,
        node_type: str,
        replicas: int,
        keep_snapshot: bool,
        secret_removal_policy: RemovalPolicy,
        key: kms.IKey,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, id_)
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Celery queue", allow_all_outbound=False
        )
        self.auth_token = secretsmanager.Secret(
            self,
            "AuthToken",
            description="AUTH token of Celery's queue",
            encryption_key=key,
            removal_policy=secret_removal_policy,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                exclude_punctuation=True, password_length=_TOKEN_LENGTH
            ),
        )
        slow_log = OwnedLogGroup(self, "SlowLog", retention=log_retention, key=key).log_group
        self.group = elasticache.CfnReplicationGroup(
            self,
            "Group",
            replication_group_description="Celery's queue",
            # Another one is changed in place, with the endpoint and the token as they are.
            engine=engine,
            engine_version=engine_version,
            cache_node_type=f"cache.{node_type}",
            num_cache_clusters=replicas + 1,
            automatic_failover_enabled=replicas > 0,
            multi_az_enabled=replicas > 0,
            cache_subnet_group_name=elasticache.CfnSubnetGroup(
                self, "Subnets", description="Celery's queue", subnet_ids=subnet_ids
            ).ref,
            security_group_ids=[self.security_group.security_group_id],
            port=PORT,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=key.key_arn,
            # A reference that CloudFormation resolves as it deploys; the template has no token in it.
            auth_token=self.auth_token.secret_value.unsafe_unwrap(),
            auto_minor_version_upgrade=True,
            snapshot_retention_limit=1 if keep_snapshot else 0,
            log_delivery_configurations=[
                elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty(
                    log_type="slow-log",
                    log_format="json",
                    destination_type="cloudwatch-logs",
                    destination_details=elasticache.CfnReplicationGroup.DestinationDetailsProperty(
                        cloud_watch_logs_details=elasticache.CfnReplicationGroup.CloudWatchLogsDestinationDetailsProperty(
                            log_group=slow_log.log_group_name
                        )
                    ),
                )
            ],
        )
        policy = CfnDeletionPolicy.SNAPSHOT if keep_snapshot else CfnDeletionPolicy.DELETE
        self.group.cfn_options.deletion_policy = policy
        self.group.cfn_options.update_replace_policy = policy
