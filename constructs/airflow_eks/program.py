"""A Lambda function of ours: its program, its role, and its log group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration, IgnoreMode
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from airflow_eks.iam import allow
from airflow_eks.log_groups import HANDLER_LOG_RETENTION_DAYS, OwnedLogGroup, retention
from constructs import Construct

_IN_VPC = "service-role/AWSLambdaVPCAccessExecutionRole"
_SOURCES = Path(__file__).parents[1]


class Program(Construct):
    """A function that runs a module of ``handlers``. What more it may do is said by ``allow``, where that is needed."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        module: str,
        description: str,
        environment: Mapping[str, str],
        timeout: Duration,
        statements: Sequence[iam.PolicyStatement],
        key: kms.IKey,
        layers: Sequence[lambda_.ILayerVersion] = (),
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
    ) -> None:
        super().__init__(scope, id_)
        logs = OwnedLogGroup(self, "HandlerLogs", retention=retention(HANDLER_LOG_RETENTION_DAYS), key=key).log_group
        self.role = iam.Role(
            self,
            "Role",
            description=description,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            # A function in a VPC has interfaces there, which AWS Lambda makes in its name.
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_IN_VPC)] if vpc else None,
            inline_policies={
                "Permissions": iam.PolicyDocument(
                    statements=[
                        allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [logs.log_group_arn]),
                        *statements,
                    ]
                )
            },
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            # The programs of layers are for Intel's processors.
            architecture=lambda_.Architecture.X86_64 if layers else lambda_.Architecture.ARM_64,
            layers=list(layers),
            vpc=vpc,
            vpc_subnets=subnets,
            security_groups=list(security_groups) or None,
            code=_code(),
            handler=f"airflow_eks.handlers.{module}.handler",
            environment=dict(environment),
            timeout=timeout,
            memory_size=1024 if layers else 256,
            role=self.role,
            log_group=logs,
        )

    @property
    def arn(self) -> str:
        """The token of custom resources that this function serves."""
        return self.function.function_arn

    def allow(self, scope: Construct, id_: str, statements: Sequence[iam.PolicyStatement]) -> iam.Policy:
        """Let it do more: what a stack is about is said in that stack, and gone with it."""
        policy = iam.Policy(scope, id_, statements=list(statements))
        self.role.attach_inline_policy(policy)
        return policy


def _code() -> lambda_.Code:
    """The package ``handlers`` alone, under the name that its modules import each other by."""
    return lambda_.Code.from_asset(
        str(_SOURCES),
        ignore_mode=IgnoreMode.GIT,
        exclude=[
            "/*",
            "!/airflow_eks/",
            "/airflow_eks/*",
            "!/airflow_eks/__init__.py",
            "!/airflow_eks/handlers/",
            "__pycache__/",
        ],
    )
