"""cdk-nag's AWS Solutions rules. What they find and we keep is in one table, each with its reason."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from settings import cdk_json_context, load_settings
from stacks.platform import Platform
from tests.support.sources import of_sources

# (rule, constructs, reason). Both are patterns that must match from their beginning; a row that matches nothing fails.
ACCEPTED = (
    ("AwsSolutions-EC23", "Network/Network/EndpointsSecurityGroup", "the rule cannot read a CIDR that is a reference"),
    (
        r"AwsSolutions-IAM4\[.*(AmazonEKSClusterPolicy|AmazonEKSWorkerNodePolicy|AmazonEC2ContainerRegistryPullOnly)",
        "Cluster/|Controllers/KarpenterResources/NodeRole",
        "what EKS asks of the roles of cluster and nodes; AWS extends them with new versions",
    ),
    (
        r"AwsSolutions-IAM4\[.*(AmazonEKS_CNI_Policy|AmazonEBSCSIDriverPolicy)",
        "Cluster/(Networking)?Addons/",
        "AWS' own policies for its add-ons; AWS extends them with new versions",
    ),
    (
        r"AwsSolutions-IAM4\[.*AmazonSSMManagedInstanceCore",
        "Cluster/SystemNodes/|Controllers/KarpenterResources/NodeRole",
        "Session Manager, in the place of SSH keys",
    ),
    (
        r"AwsSolutions-(IAM4\[|IAM5\[Resource::<ClusterEksKubectlProviderHandler|L1)",
        "Cluster/Cluster/Eks/KubectlProvider/",
        "the CDK's own function: its policies, and the runtime that it was tested with",
    ),
    (r"AwsSolutions-IAM5\[", "Cluster/Addons/aws-efs-csi-driver", "reads, of file systems of this account and region"),
    (
        r"AwsSolutions-IAM5\[Resource::(\*|.*log-group:/aws/containerinsights/airflow/[a-z]+:\*)\]$",
        "Cluster/Addons/amazon-cloudwatch-observability|Controllers/FluentBitIdentity/",
        "the streams of one log group; reads that take no resource",
    ),
    (
        r"AwsSolutions-IAM5\[",
        "Controllers/(ClusterAutoscaler|Grafana|Opencost)Identity/",
        "reads that take no resource; a group's name is EKS' choice, its tag the condition; this cluster's node groups",
    ),
    (
        r"AwsSolutions-IAM5\[",
        "Controllers/(LoadBalancerControllerIdentity|KarpenterResources/Identity)/",
        "ids are given when a thing is made; tags of the cluster are conditions (docs/architecture.md)",
    ),
    (
        r"AwsSolutions-IAM5\[Resource::(.*/task-logs/\*|arn:.*:secret:airflow/(connections|variables)/\*)\]$",
        "Airflow/Identity-",
        "the objects under one prefix are what is meant",
    ),
    (
        r"AwsSolutions-IAM5\[Resource::.*log-group:/airflow-eks/airflow/alarm-metrics:\*\]$",
        "Controllers/AlarmMetricsIdentity/",
        "the streams of one log group",
    ),
    (
        r"AwsSolutions-(IAM4\[.*AWSLambdaBasicExecutionRole|IAM5\[Resource::\*\]$)",
        "Alarms/(AWS679f53fac002430cb0da5b7982bd2287/|LoadBalancer/)",
        "the CDK's own function, which describes load balancers and target groups: that takes no resource",
    ),
    ("AwsSolutions-RDS10", "State/Database/Cluster", "switched on when all is there (airflow_eks/deployment_guard.py)"),
    (
        "AwsSolutions-L1",
        "(Guard|Cluster/Clearing|Airflow/MigrationSnapshot)/Program/Function",
        "the runtime that the CDK's own functions have",
    ),
    (
        r"AwsSolutions-(IAM4\[.*AWSLambdaVPCAccessExecutionRole|IAM5\[)",
        "Cluster/Clearing/Program/Role",
        "a function in a VPC; reads that take no resource; ids are AWS' choice, tags of the cluster the condition",
    ),
    (
        r"AwsSolutions-IAM5\[Resource::.*(Bucket.*/\*|log-group:(/aws/eks/airflow/cluster:)?\*)\]$",
        "State/Empty|Cluster/Cluster/LogsOfEarlierCluster|Guard/Program/Role",
        "all objects of one bucket; the streams of one log group; groups are listed by their beginning",
    ),
    (
        r"AwsSolutions-IAM5\[Resource::.*cluster-snapshot:(<.*>-before-)?\*\]$",
        "Airflow/MigrationSnapshot/Program/Role",
        "snapshots of one name's beginning; to list them, RDS asks for all",
    ),
    ("AwsSolutions-RDS6", "State/Database/Cluster", "PgBouncer signs in with a password; IAM tokens last 15 minutes"),
    ("AwsSolutions-S1", "State/LogBucket", "a log of who reads logs would need a bucket and a retention of its own"),
    (
        r"AwsSolutions-IAM5\[Resource::<.*SparkBucket.*>/(event-logs|teams)/team-a/\*\]$",
        "Spark/Team-",
        "the objects under a team's own prefixes are what is meant",
    ),
    ("AwsSolutions-S1", "State/SparkBucket", "a log of who reads event logs would need a bucket of its own"),
    ("AwsSolutions-SMG4", "State/", "pods have to restart for these (docs/rotation.md); that of the database rotates"),
    ("AwsSolutions-SQS3", "Controllers/KarpenterResources/Interruptions", "a warning that was missed is worth nothing"),
)


@pytest.fixture(scope="module")
def findings() -> set[tuple[str, str]]:
    """(rule, path below the top-level stack) of everything that cdk-nag finds."""
    return of_sources("cdk-nag", (version("cdk-nag"),), _findings)


def _findings() -> set[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        context = {**cdk_json_context(), "aws:cdk:disable-asset-staging": True}
        app = App(context=context, analytics_reporting=False, outdir=folder)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        settings = load_settings(cdk_json_context())
        Platform(app, settings=settings)
        with pytest.raises(Exception, match=r"Validation ?[Ff]ailed"):
            app.synth()
        report_file = Path(folder) / "validation-report.json"
        (report,) = json.loads(report_file.read_text(encoding="utf-8"))["pluginReports"]
    return {
        (violation["ruleName"], construct["constructPath"].removeprefix(f"{settings.name}/"))
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_nothing_is_found_but_what_is_accepted(findings: set[tuple[str, str]]) -> None:
    left = {
        (rule, path)
        for rule, path in findings
        if not any(re.match(rules, rule) and re.match(paths, path) for rules, paths, _ in ACCEPTED)
    }
    assert left == set()


def test_every_exception_is_still_needed(findings: set[tuple[str, str]]) -> None:
    idle = [
        (rules, paths)
        for rules, paths, _ in ACCEPTED
        if not any(re.match(rules, rule) and re.match(paths, path) for rule, path in findings)
    ]
    assert idle == []
