"""What can be changed in place is changed in place, tags on all services among it, and changed back after a failure."""

from __future__ import annotations

from typing import Any

import pytest

from ops.sandbox.aws import Aws
from ops.sandbox.resource_types import load
from ops.sandbox.resource_types.base import find_type, known_types
from tests.sandbox.templates import LOG_GROUP, ROLE, TAKEN, create, delete, describe, outputs, reasons, stack_of, wait

pytestmark = pytest.mark.sandbox

_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


def _body(*, cost: str | None, days: int, policies: tuple[str, ...], fails: bool = False) -> str:
    tags = [{"Key": "cost", "Value": cost}] if cost else []
    tagged = {"Tags": tags} if tags else {}
    inline = [{"PolicyName": name, "PolicyDocument": _POLICY} for name in policies]
    resources: dict[str, Any] = {
        "Role": {**ROLE, "Properties": {**ROLE["Properties"], "Policies": inline, **tagged}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days, **tagged}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": tagged},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": tagged},
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16", **tagged}},
        "Files": {"Type": "AWS::EFS::FileSystem", "Properties": {"FileSystemTags": tags}},
    }
    if fails:
        # A log group that is there already is asked for when all the rest is done.
        resources["Taken"] = {**LOG_GROUP, "DependsOn": list(resources)}
    return stack_of(resources, Outputs={name: {"Value": {"Ref": name}} for name in resources if name != "Taken"})


def _seen(aws: Aws, refs: dict[str, str]) -> tuple[set[str | None], int, set[str]]:
    """The tag of each, the retention, and the role's policies."""
    (group,) = aws.call("logs", "describe_log_groups", logGroupNamePrefix=refs["Logs"])["logGroups"]
    arn = group["arn"].removesuffix(":*")
    lists = (
        aws.call("iam", "list_role_tags", RoleName=refs["Role"])["Tags"],
        aws.call("sns", "list_tags_for_resource", ResourceArn=refs["Topic"])["Tags"],
        aws.call("ec2", "describe_tags", Filters=[{"Name": "resource-id", "Values": [refs["Vpc"]]}])["Tags"],
        aws.call("efs", "list_tags_for_resource", ResourceId=refs["Files"])["Tags"],
    )
    maps = (
        aws.call("logs", "list_tags_for_resource", resourceArn=arn)["tags"],
        aws.call("sqs", "list_queue_tags", QueueUrl=refs["Queue"]).get("Tags", {}),
        *({tag["Key"]: tag["Value"] for tag in tags} for tags in lists),
    )
    policies = set(aws.call("iam", "list_role_policies", RoleName=refs["Role"])["PolicyNames"])
    return {tags.get("cost") for tags in maps}, group["retentionInDays"], policies


def _update(aws: Aws, body: str) -> str:
    aws.call("cloudformation", "update_stack", StackName="in-place", TemplateBody=body)
    return str(wait(aws, "in-place")["StackStatus"])


def test_changed_and_changed_back(aws: Aws) -> None:
    refs = outputs(create(aws, "in-place", _body(cost="1", days=7, policies=("a", "b"))))
    assert _seen(aws, refs) == ({"1"}, 7, {"a", "b"})
    assert _update(aws, _body(cost="2", days=14, policies=("b", "c"))) == "UPDATE_COMPLETE"
    assert outputs(describe(aws, "in-place")) == refs
    assert _seen(aws, refs) == ({"2"}, 14, {"b", "c"})
    aws.call("logs", "create_log_group", logGroupName=TAKEN)
    failing = _body(cost=None, days=30, policies=("d",), fails=True)
    assert _update(aws, failing) == "UPDATE_ROLLBACK_COMPLETE", reasons(aws, "in-place")
    assert _seen(aws, refs) == ({"2"}, 14, {"b", "c"})
    assert _update(aws, _body(cost=None, days=14, policies=())) == "UPDATE_COMPLETE"
    assert _seen(aws, refs) == ({None}, 14, set())
    delete(aws, "in-place")
    aws.call("logs", "delete_log_group", logGroupName=TAKEN)


def test_a_launch_template_has_a_new_version(aws: Aws) -> None:
    def body(size: int) -> str:
        disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": size}}
        data = {"LaunchTemplateData": {"BlockDeviceMappings": [disk]}}
        template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": data}
        latest = {"Value": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}}
        return stack_of({"Template": template}, Outputs={"Latest": latest})

    create(aws, "in-place", body(50))
    assert _update(aws, body(80)) == "UPDATE_COMPLETE"
    assert outputs(describe(aws, "in-place")) == {"Latest": "2"}
    delete(aws, "in-place")


def test_a_database_does_not_go_back(aws: Aws) -> None:
    def body(version: str) -> str:
        admin = {"MasterUsername": "someone", "MasterUserPassword": "a-password"}
        properties = {"Engine": "aurora-postgresql", "EngineVersion": version, **admin}
        return stack_of({"Database": {"Type": "AWS::RDS::DBCluster", "Properties": properties}})

    create(aws, "in-place", body("17.6"))
    assert _update(aws, body("17.7")) == "UPDATE_COMPLETE"
    assert _update(aws, body("17.6")) == "UPDATE_ROLLBACK_COMPLETE"
    assert reasons(aws, "in-place") == ["Cannot upgrade aurora-postgresql from 17.7 to 17.6"]
    delete(aws, "in-place")


def test_no_property_is_changed_in_two_ways() -> None:
    load()
    for name in known_types():
        listed = [each for change in find_type(name).in_place for each in change.properties]
        assert len(listed) == len(set(listed)), name
