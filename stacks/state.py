"""State: what holds data. Database, queue, file system, log bucket, secrets."""

from __future__ import annotations

from aws_cdk import NestedStack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from airflow_eks.airflow_secrets import AirflowSecrets
from airflow_eks.alarms.data import queue_nodes
from airflow_eks.broker import MessageBroker
from airflow_eks.database import MetadataDatabase
from airflow_eks.deployment_guard import DeploymentGuard
from airflow_eks.file_system import DagFileSystem
from airflow_eks.log_bucket import LogBucket
from airflow_eks.log_groups import retention
from airflow_eks.spark_bucket import SparkBucket
from airflow_eks.tags import charge_to
from charts.addons.base import GrafanaInputs
from charts.airflow import SecretArns
from charts.data_stores import DataStores
from charts.spark import EVENT_LOG_PREFIX
from constructs import Construct
from settings import Settings, load_releases
from stacks.removal import Removal


class State(NestedStack):
    """Made beside the cluster, and closed to all: who may come in is said where the cluster and this meet."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        guard: DeploymentGuard,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, description="State: database, queue, file system, log bucket, secrets")
        engines = load_releases().engines
        removal = Removal.of(settings)
        log_retention = retention(settings.logs.retention_days)
        self.database = MetadataDatabase(
            self,
            "Database",
            name=settings.name,
            vpc=vpc,
            subnets=subnets,
            engine_version=engines.aurora(settings.database.version),
            io_optimized=settings.database.io_optimized,
            instance_type=settings.database.instance_type,
            readers=settings.database.readers,
            backup_retention_days=settings.database.backup_retention_days,
            removal_policy=removal.database,
            key=key,
            log_retention=log_retention,
        )
        self.broker = MessageBroker(
            self,
            "Broker",
            vpc=vpc,
            subnet_ids=vpc.select_subnets(subnets=subnets.subnets).subnet_ids,
            engine=settings.broker.engine,
            engine_version=engines.queue(settings.broker.engine),
            node_type=settings.broker.node_type,
            replicas=settings.broker.replicas,
            keep_snapshot=removal.keep,
            secret_removal_policy=removal.everything_else,
            key=key,
            log_retention=log_retention,
        )
        self.file_system: DagFileSystem | None = None
        if settings.dags.delivery == "efs":
            self.file_system = DagFileSystem(
                self,
                "DagFileSystem",
                vpc=vpc,
                subnets=subnets,
                backups=removal.keep,
                removal_policy=removal.everything_else,
                key=key,
            )
            charge_to(self.file_system, "storage")
        log_bucket = LogBucket(
            self,
            "LogBucket",
            expiration_days=settings.logs.task_log_expiration_days,
            removal_policy=removal.everything_else,
            key=key,
        )
        charge_to(log_bucket, "logs")
        if removal.keep:
            guard.empty_bucket_after_failure(self, "EmptyLogBucket", bucket=log_bucket.bucket)
        self.log_bucket = log_bucket.bucket
        self.spark_bucket: s3.IBucket | None = None
        if settings.addons.spark_operator:
            spark_bucket = SparkBucket(
                self,
                "SparkBucket",
                event_log_prefix=EVENT_LOG_PREFIX,
                event_log_expiration_days=settings.spark.event_log_expiration_days,
                removal_policy=removal.everything_else,
                key=key,
            )
            charge_to(spark_bucket, "spark")
            if removal.keep:
                guard.empty_bucket_after_failure(self, "EmptySparkBucket", bucket=spark_bucket.bucket)
            self.spark_bucket = spark_bucket.bucket
        secrets = AirflowSecrets(
            self,
            "Secrets",
            admin_username=settings.airflow.admin.username,
            grafana=settings.addons.grafana,
            removal_policy=removal.everything_else,
            key=key,
        )
        charge_to(self.database, "database")
        charge_to(self.broker, "queue")
        charge_to(secrets, "secrets")
        self.grafana_inputs: GrafanaInputs | None = None
        if secrets.grafana:
            self.grafana_inputs = GrafanaInputs(
                admin_secret_arn=secrets.grafana.secret_arn,
                stores=DataStores(
                    database_cluster=self.database.cluster.cluster_identifier,
                    queue_nodes=tuple(queue_nodes(self.broker.group.ref, replicas=settings.broker.replicas)),
                    file_system=self.file_system.file_system.file_system_id if self.file_system else None,
                ),
            )
        self.secret_arns = SecretArns(
            database=self.database.secret_arn,
            pooler=secrets.pooler.secret_arn,
            broker=self.broker.auth_token.secret_arn,
            fernet=secrets.fernet.secret_arn,
            api=secrets.api.secret_arn,
            jwt=secrets.jwt.secret_arn,
            admin=secrets.admin.secret_arn,
        )
