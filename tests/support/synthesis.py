"""One synthesis per configuration and state of the sources, in this process: starting Python and Node costs more."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ops.assembly import read_assembly
from settings import cdk_json_context, load_settings
from tests.support.deployment import Deployment
from tests.support.kept import kept
from tests.support.references import ROOT
from tests.support.sources import of_sources, state

AWS, BEIJING, NINGXIA = "aws", "cn-north-1", "cn-northwest-1"
DEFAULTS = (AWS, BEIJING, NINGXIA)
"""What a person gets who sets nothing but partition and region."""

_SUBNETS = {
    kind: [f"subnet-{number}{zone:016d}" for zone in range(2)]
    for number, kind in enumerate(("public", "private", "isolated"))
}
VPC = "vpc-0123456789abcdef0"

_SIGN_IN = {
    "size": "dev",
    "airflow.ingress.domain": "airflow.example.com",
    "airflow.ingress.hosted_zone_id": "Z0123456789ABC",
    "airflow.ingress.waf": "true",
    "airflow.ingress.oidc.issuer": "https://login.example.com/tenant",
    "airflow.ingress.oidc.authorization_endpoint": "https://login.example.com/tenant/authorize",
    "airflow.ingress.oidc.token_endpoint": "https://login.example.com/tenant/token",
    "airflow.ingress.oidc.user_info_endpoint": "https://login.example.com/userinfo",
    "airflow.ingress.oidc.client_id": "airflow",
    # And a queue with workers of its own.
    "airflow.queues.reports.max": "1",
    "airflow.queues.reports.spot": "false",
}

# As a person types them with `--context`, or writes them into cdk.json.
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    AWS: {},
    BEIJING: {"partition": "aws-cn"},
    NINGXIA: {"partition": "aws-cn", "region": "cn-northwest-1"},
    "dev": {"size": "dev"},
    # On the internet, with names and images of its own.
    "internet": {
        "name": "team-a",
        "region": "eu-central-1",
        "size": "small",
        "images.source": "private",
        "cluster.kubernetes_version": "1.35",
        "cluster.public_access_cidrs": "203.0.113.0/24,198.51.100.0/24",
        "cluster.administrators": "arn:aws:iam::123456789012:role/Admin,arn:aws:iam::123456789012:user/jane",
        "airflow.ingress.certificate_arn": "arn:aws:acm:eu-central-1:123456789012:certificate/0123",
        "airflow.ingress.domain": "airflow.example.com",
        "airflow.ingress.allowed_cidrs": "203.0.113.0/24",
        "tags.team": "data",
        "airflow.task_pods.policies": "arn:aws:iam::123456789012:policy/read-orders",
        "airflow.task_pods.destinations": "198.51.100.0/24:5439,192.0.2.0/24:22",
        "spark.teams.analytics.cpu": "32",
        "spark.teams.reports.pods": "20",
        "spark.history_server": "true",
    },
    # DAGs that every pod has from a repository of one's own; and engines that are no default.
    "sidecar": {
        "cluster.support": "extended",
        "database.version": "17",
        "database.io_optimized": "true",
        "broker.engine": "redis",
        "dags.delivery": "sidecar",
        "dags.git.url": "https://git.example.com/team/dags.git",
        "dags.git.secret_arn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:git-a1b2c3",
        "dags.git.secret_key_arn": "arn:aws:kms:us-west-2:123456789012:key/0123",
        "dags.subdirectory": "team/dags",
        "size": "dev",
        "addons.spark_operator": "false",
        "airflow.task_pods.enabled": "false",
    },
    # DAGs that Airflow fetches itself.
    "cn-bundle": {"partition": "aws-cn", "size": "dev", "dags.delivery": "bundle"},
    # A name, a certificate and a web ACL of its own, and people who sign in elsewhere.
    "sign-in": {
        **_SIGN_IN,
        "airflow.ingress.oidc.client_secret_arn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:oidc-a1b2c3",
        "airflow.ingress.oidc.client_secret_key_arn": "arn:aws:kms:us-west-2:123456789012:key/0123",
        "airflow.ingress.oidc.administrators": "ada@example.com,grace@example.com",
    },
    "cn-sign-in": {
        **_SIGN_IN,
        "partition": "aws-cn",
        "region": "cn-northwest-1",
        "airflow.ingress.scheme": "internet-facing",
        "airflow.ingress.oidc.client_secret_arn": (
            "arn:aws-cn:secretsmanager:cn-northwest-1:123456789012:secret:oidc-a1b2c3"
        ),
    },
    # In a network and from a repository that are there already.
    "own-vpc": {
        "removal": "destroy",
        "deletion_protection": "false",
        "network.zones": "2",
        "network.availability_zones": "us-west-2a,us-west-2b",
        "network.existing_vpc.id": VPC,
        "network.existing_vpc.cidr": "10.20.0.0/16",
        "network.existing_vpc.secondary_cidrs": "100.64.0.0/16,10.21.0.0/16",
        "network.existing_vpc.private_subnet_ids": _SUBNETS["private"],
        "network.existing_vpc.isolated_subnet_ids": _SUBNETS["isolated"],
        "dags.existing_repository": "our-dags",
    },
    # The same in China, on the internet.
    "cn-own-vpc": {
        "partition": "aws-cn",
        "size": "large",
        "network.zones": "2",
        "network.availability_zones": "cn-north-1a,cn-north-1b",
        "network.existing_vpc.id": VPC,
        "network.existing_vpc.cidr": "10.20.0.0/16",
        "network.existing_vpc.public_subnet_ids": _SUBNETS["public"],
        "network.existing_vpc.private_subnet_ids": _SUBNETS["private"],
        "network.existing_vpc.isolated_subnet_ids": _SUBNETS["isolated"],
        "cluster.administrators": "arn:aws-cn:iam::123456789012:role/Admin",
        "spark.history_server": "true",
        "spark.image": "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/our/spark:4.0.4",
        "airflow.ingress.certificate_arn": "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0123",
    },
}
CHINA = (BEIJING, NINGXIA, "cn-own-vpc", "cn-sign-in", "cn-bundle")

# The CDK's command line asks for these; they say which construct a resource is of.
_METADATA = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}


@cache
def synthesize(name: str) -> Deployment:
    """What a configuration gives."""
    context = CONFIGURATIONS[name]
    return kept("deployment", (state(), name, repr(context)), lambda: _synthesized(name, context))


def synthesize_with(name: str, context: dict[str, Any]) -> Deployment:
    """What these settings give."""
    return of_sources("deployment", (name, repr(context)), lambda: _synthesized(name, context))


def _synthesized(name: str, context: dict[str, Any]) -> Deployment:
    """The files are read and thrown away, and Lambda layers, which weigh 80 MB each time, stay where they are."""
    from aws_cdk import App  # noqa: PLC0415 - which starts Node, and that takes seconds

    from stacks.platform import Platform  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        context = {**cdk_json_context(), **_METADATA, "aws:cdk:disable-asset-staging": True, **context}
        app = App(context=context, analytics_reporting=False, outdir=folder)
        settings = load_settings(app.node.get_all_context())
        Platform(app, settings=settings)
        app.synth()
        assembly = read_assembly(Path(folder))
        artifacts = json.loads((Path(folder) / "manifest.json").read_text())["artifacts"]
    return Deployment(
        name=name,
        settings=settings,
        templates={ROOT: assembly.root.template} | {stack.name: stack.template for stack in assembly.nested},
        manifest=artifacts[settings.name]["properties"],
        environment=artifacts[settings.name]["environment"],
    )
