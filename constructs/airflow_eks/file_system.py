"""The file system that carries the DAGs: Amazon EFS."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from constructs import Construct

PORT = 2049
# git-sync's user: whoever enters by the access point is this one.
GIT_SYNC_ID = "65533"


class DagFileSystem(Construct):
    """Encrypted, elastic, with mount targets in the data subnets and one access point, reached by TLS alone."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        backups: bool,
        removal_policy: RemovalPolicy,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Airflow DAG file system", allow_all_outbound=False
        )
        self.file_system = efs.FileSystem(
            self,
            "FileSystem",
            vpc=vpc,
            vpc_subnets=subnets,
            security_group=self.security_group,
            encrypted=True,
            kms_key=key,
            throughput_mode=efs.ThroughputMode.ELASTIC,
            enable_automatic_backups=backups,
            removal_policy=removal_policy,
            # The policy below says who may come in; without this the CDK adds a statement that also allows root.
            allow_anonymous_access=True,
            file_system_policy=iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        sid="MountTargetsOnly",
                        principals=[iam.AnyPrincipal()],
                        actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                        conditions={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
                    ),
                    iam.PolicyStatement(
                        sid="TlsOnly",
                        effect=iam.Effect.DENY,
                        principals=[iam.AnyPrincipal()],
                        actions=["*"],
                        conditions={"Bool": {"aws:SecureTransport": "false"}},
                    ),
                ]
            ),
        )
        self.access_point = self.file_system.add_access_point(
            "Dags",
            path="/airflow-dags",
            posix_user=efs.PosixUser(uid=GIT_SYNC_ID, gid=GIT_SYNC_ID),
            create_acl=efs.Acl(owner_uid=GIT_SYNC_ID, owner_gid=GIT_SYNC_ID, permissions="755"),
        )
