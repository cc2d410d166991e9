"""Snapshots of a database whose Airflow changes: taken, kept, and gone with the deployment."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Aws, CfnResource, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds

from airflow_eks.migration_snapshot import MigrationSnapshot
from ops.sandbox import aws as sandbox_aws
from tests.sandbox.templates import TAKEN, create, delete, wait

pytestmark = pytest.mark.sandbox

NAME, BUCKET, KEY = "snapshots", "programs", "snapshot.zip"


@pytest.fixture(scope="module")
def program(aws: sandbox_aws.Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The template of a database and its snapshots, with the function's program where the template says."""
    folder = tmp_path_factory.mktemp("snapshots")
    app = App(outdir=str(folder), analytics_reporting=False)
    stack = Stack(app, NAME)
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:us-west-2:{Aws.ACCOUNT_ID}:key/0123")
    database = CfnResource(
        stack,
        "Database",
        type="AWS::RDS::DBCluster",
        properties={
            "Engine": "aurora-postgresql",
            "EngineVersion": "16.13",
            "MasterUsername": "airflow",
            "MasterUserPassword": "never-used-here",
            "DBClusterIdentifier": "airflow-0123abcd",
        },
    )
    MigrationSnapshot(
        stack,
        "Snapshot",
        name=NAME,
        cluster=rds.DatabaseCluster.from_database_cluster_attributes(
            stack, "Imported", cluster_identifier=database.ref
        ),
        image="image",
        version="version",
        kept=2,
        removed=True,
        root_stack=Aws.STACK_ID,
        tags={"airflow-eks/deployment": NAME},
        via_rds="rds.us-west-2.amazonaws.com",
        key=key,
    )
    app.synth()
    template: dict[str, Any] = json.loads((folder / f"{NAME}.template.json").read_text(encoding="utf-8"))
    for section in ("Parameters", "Rules", "Conditions"):
        template.pop(section, None)
    template["Resources"].pop("CDKMetadata", None)
    (function,) = [each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]
    function["Properties"]["Code"] = {"S3Bucket": BUCKET, "S3Key": KEY}
    aws.call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    aws.call("s3", "put_object", Bucket=BUCKET, Key=KEY, Body=_archive(next(folder.glob("asset.*"))))
    yield template
    aws.call("s3", "delete_object", Bucket=BUCKET, Key=KEY)
    aws.call("s3", "delete_bucket", Bucket=BUCKET)


def _archive(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in folder.rglob("*.py"):
            archive.write(file, file.relative_to(folder))
    return content.getvalue()


def _body(template: dict[str, Any], version: str, *, kept: int = 2, fails: bool = False) -> str:
    changed = json.loads(json.dumps(template))
    ((id_, taken),) = [
        (id_, each) for id_, each in changed["Resources"].items() if each["Type"] == "Custom::MigrationSnapshot"
    ]
    taken["Properties"] |= {"Image": f"apache/airflow:{version}", "Version": version, "Kept": str(kept)}
    if fails:
        properties = {"LogGroupName": TAKEN}
        changed["Resources"]["Late"] = {"Type": "AWS::Logs::LogGroup", "DependsOn": id_, "Properties": properties}
    return json.dumps(changed)


def _update(aws: sandbox_aws.Aws, body: str) -> str:
    aws.call("cloudformation", "update_stack", StackName=NAME, TemplateBody=body)
    return str(wait(aws, NAME)["StackStatus"])


def _snapshots(aws: sandbox_aws.Aws) -> list[str]:
    """What each was taken before."""
    found = aws.call("rds", "describe_db_cluster_snapshots", SnapshotType="manual")["DBClusterSnapshots"]
    names = [each["DBClusterSnapshotIdentifier"] for each in found]
    assert all(name.startswith("airflow-0123abcd-before-") for name in names)
    return sorted(name.removeprefix("airflow-0123abcd-before-").rpartition("-")[0] for name in names)


def test_they_are_taken_before_each_migration_and_go_with_the_deployment(
    aws: sandbox_aws.Aws, program: dict[str, Any]
) -> None:
    create(aws, NAME, _body(program, "3.2.2"))
    assert _snapshots(aws) == []
    assert _update(aws, _body(program, "3.3.2")) == "UPDATE_COMPLETE"
    assert _snapshots(aws) == ["3-3-2"]
    assert _update(aws, _body(program, "3.3.2", kept=3)) == "UPDATE_COMPLETE"
    assert _snapshots(aws) == ["3-3-2"]
    # The one before the migration that failed is there, and none from the way back is.
    aws.call("logs", "create_log_group", logGroupName=TAKEN)
    assert _update(aws, _body(program, "3.4.0", fails=True)) == "UPDATE_ROLLBACK_COMPLETE"
    aws.call("logs", "delete_log_group", logGroupName=TAKEN)
    assert _snapshots(aws) == ["3-3-2", "3-4-0"]
    assert _update(aws, _body(program, "3.5.0", kept=2)) == "UPDATE_COMPLETE"
    assert _snapshots(aws) == ["3-4-0", "3-5-0"]
    (described,) = [
        each
        for each in aws.call("rds", "describe_db_cluster_snapshots")["DBClusterSnapshots"]
        if "before-3-5-0" in each["DBClusterSnapshotIdentifier"]
    ]
    assert described["TagList"] == [{"Key": "airflow-eks/deployment", "Value": NAME}]
    assert delete(aws, NAME)["StackStatus"] == "DELETE_COMPLETE"
    assert _snapshots(aws) == []
