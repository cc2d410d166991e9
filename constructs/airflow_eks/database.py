"""Airflow's metadata database: Aurora PostgreSQL."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds

from airflow_eks.log_groups import OwnedLogGroup
from airflow_eks.ordering import order
from airflow_eks.stack_id import name_with_stack_id
from constructs import Construct

_CA = rds.CaCertificate.RDS_CA_RSA2048_G1

PORT = 5432
DATABASE_NAME = "airflow"
USER = "airflow"


class MetadataDatabase(Construct):
    """Writer and readers on Graviton, in several zones, TLS forced, encrypted, its log in a group of ours.

    Amazon RDS makes the master password, keeps it in Secrets Manager, and changes it every seven days: no function of
    ours runs for that. The secret is JSON with `username` and `password`, belongs to RDS and goes with the cluster.

    Its deletion protection is not said here, or a first deployment that fails could not be rolled back: DeploymentGuard
    switches it on in the end. What a template does not say, CloudFormation changes in no update.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        engine_version: str,
        io_optimized: bool,
        instance_type: str,
        readers: int,
        backup_retention_days: int,
        removal_policy: RemovalPolicy,
        key: kms.IKey,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, id_)
        # Aurora names its log group after the cluster, so the cluster's name must be known before it is there.
        identifier = name_with_stack_id(name)
        log_group = OwnedLogGroup(
            self,
            "Logs",
            name=f"/aws/rds/cluster/{identifier}/postgresql",
            retention=log_retention,
            key=key,
        )
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Airflow metadata database",
            allow_all_outbound=False,
        )
        engine = rds.DatabaseClusterEngine.aurora_postgres(
            version=rds.AuroraPostgresEngineVersion.of(engine_version, engine_version.partition(".")[0])
        )
        size = ec2.InstanceType(instance_type)
        self.cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            cluster_identifier=identifier,
            engine=engine,
            default_database_name=DATABASE_NAME,
            manage_master_user_password=True,
            credentials=rds.Credentials.from_username(USER, encryption_key=key),
            writer=rds.ClusterInstance.provisioned("Writer", instance_type=size, ca_certificate=_CA),
            readers=[
                rds.ClusterInstance.provisioned(
                    f"Reader{index}",
                    instance_type=size,
                    promotion_tier=1,
                    ca_certificate=_CA,
                )
                for index in range(1, readers + 1)
            ],
            vpc=vpc,
            vpc_subnets=subnets,
            security_groups=[self.security_group],
            port=PORT,
            parameter_group=rds.ParameterGroup(
                self,
                "Parameters",
                engine=engine,
                description="TLS or nothing; statements of a second and more are logged",
                parameters={"rds.force_ssl": "1", "log_min_duration_statement": "1000"},
            ),
            backup=rds.BackupProps(retention=Duration.days(backup_retention_days)),
            copy_tags_to_snapshot=True,
            removal_policy=removal_policy,
            storage_type=rds.DBClusterStorageType.AURORA_IOPT1 if io_optimized else None,
            storage_encrypted=True,
            storage_encryption_key=key,
            cloudwatch_logs_exports=["postgresql"],
        )
        order(self.cluster, after=log_group.log_group)
        secret = self.cluster.secret
        if secret is None:
            raise RuntimeError("the CDK gives no secret for a password that Amazon RDS manages")
        self.secret_arn = secret.secret_arn
