"""What somebody else deleted is no reason for a stack to stay: CloudFormation's delete of what is gone succeeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.sandbox import resource_types
from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation import service
from ops.sandbox.cloudformation.service import cloudformation_in
from ops.sandbox.process import Sandbox
from ops.sandbox.resource_types.base import CUSTOM_RESOURCE, Deletion, Physical, find_type, known_types
from tests.sandbox.conftest import REGION
from tests.sandbox.templates import ROLE, create, delete, stack_of

pytestmark = pytest.mark.sandbox

resource_types.load()

ARN = f"arn:aws:{{}}:{REGION}:123456789012:{{}}"
# (what Ref gives, properties, what deletion knows beside these) of things that are not there; `gone` where nothing is
# said.
GONE: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "AWS::APS::Workspace": ("gone", {}, {"WorkspaceId": "ws-gone"}),
    "AWS::CertificateManager::Certificate": (ARN.format("acm", "certificate/gone"), {}, {}),
    "AWS::CodeCommit::Repository": ("gone", {"RepositoryName": "gone"}, {}),
    "AWS::EC2::EIP": ("192.0.2.1", {}, {"AllocationId": "eipalloc-0123456789abcdef0"}),
    "AWS::EC2::InternetGateway": ("igw-0123456789abcdef0", {}, {}),
    "AWS::EC2::LaunchTemplate": ("lt-0123456789abcdef0", {}, {}),
    "AWS::EC2::NatGateway": ("nat-0123456789abcdef0", {}, {}),
    "AWS::EC2::Route": ("gone", {"RouteTableId": "rtb-01234567", "DestinationCidrBlock": "0.0.0.0/0"}, {}),
    "AWS::EC2::SecurityGroup": ("sg-0123456789abcdef0", {}, {}),
    "AWS::EC2::SecurityGroupEgress": ("sgr-0123456789abcdef0", {"GroupId": "sg-0123456789abcdef0"}, {}),
    "AWS::EC2::SecurityGroupIngress": ("sgr-0123456789abcdef0", {"GroupId": "sg-0123456789abcdef0"}, {}),
    "AWS::EC2::Subnet": ("subnet-01234567", {}, {}),
    "AWS::EC2::VPC": ("vpc-01234567", {}, {}),
    "AWS::EC2::VPCEndpoint": ("vpce-0123456789abcdef0", {}, {}),
    "AWS::EC2::VPCGatewayAttachment": ("gone", {"InternetGatewayId": "igw-01234567", "VpcId": "vpc-01234567"}, {}),
    "AWS::EFS::MountTarget": ("fsmt-0123456789abcdef0", {}, {}),
    "AWS::EKS::AccessEntry": ("arn:aws:iam::123456789012:role/gone|gone", {}, {}),
    "AWS::EKS::Addon": ("gone|gone", {}, {}),
    "AWS::EKS::Nodegroup": ("gone/gone", {}, {}),
    "AWS::EKS::PodIdentityAssociation": ("gone", {"ClusterName": "gone"}, {"id": "a-gone"}),
    "AWS::IAM::InstanceProfile": ("gone", {"Roles": ["gone"]}, {}),
    "AWS::IAM::ManagedPolicy": ("arn:aws:iam::123456789012:policy/gone", {"Roles": ["gone"]}, {}),
    "AWS::IAM::Policy": ("gone", {"Roles": ["gone"], "PolicyName": "gone"}, {}),
    "AWS::KMS::Key": ("01234567-89ab-cdef-0123-456789abcdef", {}, {}),
    "AWS::KMS::Alias": ("alias/gone", {}, {}),
    "AWS::Events::Rule": ("gone", {"Targets": [{"Id": "gone"}]}, {}),
    "AWS::Lambda::LayerVersion": ("gone", {}, {"layer": "gone", "version": 1}),
    "AWS::Route53::RecordSet": (
        "gone.example.com",
        {
            "HostedZoneId": "Z0123456789GONE",
            "Name": "gone.example.com",
            "Type": "CNAME",
            "TTL": "60",
            "ResourceRecords": ["x"],
        },
        {},
    ),
    "AWS::SNS::Subscription": (ARN.format("sns", "gone:01234567"), {}, {}),
    "AWS::SNS::Topic": (ARN.format("sns", "gone"), {}, {}),
    "AWS::SQS::Queue": ("gone", {}, {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/123456789012/gone"}),
    "AWS::SQS::QueuePolicy": ("gone", {"Queues": [f"https://sqs.{REGION}.amazonaws.com/123456789012/gone"]}, {}),
    "AWS::WAFv2::WebACL": ("gone|01234567-89ab-cdef-0123-456789abcdef|REGIONAL", {}, {}),
}
# A stack is known by its id for ever, and what a custom resource stands for only its handler knows.
ELSEWHERE = {"AWS::CloudFormation::Stack", CUSTOM_RESOURCE}


@pytest.mark.parametrize("type_", sorted(known_types() - ELSEWHERE))
def test_delete_of_what_is_gone_succeeds(server: Sandbox, type_: str) -> None:
    service.configure(endpoint=server.endpoint)
    ref, properties, known = GONE.get(type_, ("gone", {}, {}))
    deletion = Deletion(
        type=type_,
        logical_id="Gone",
        stack_id="gone",
        physical=Physical(ref=ref, attributes=known, memory=known),
        properties=properties,
        snapshot=False,
        cloudformation=cloudformation_in(REGION),
    )
    find_type(type_).delete(deletion)


def test_a_key_that_waits_for_its_deletion_is_gone(aws: Aws) -> None:
    create(aws, "key", stack_of({"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}}))
    (resource,) = aws.call("cloudformation", "describe_stack_resources", StackName="key")["StackResources"]
    aws.call("kms", "schedule_key_deletion", KeyId=resource["PhysicalResourceId"])
    assert delete(aws, "key")["StackStatus"] == "DELETE_COMPLETE"


def test_a_profile_that_somebody_deleted_does_not_keep_its_stack(aws: Aws) -> None:
    profile = {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}}
    create(aws, "profile", stack_of({"Role": ROLE, "Profile": profile}))
    made = aws.call("cloudformation", "describe_stack_resources", StackName="profile")["StackResources"]
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in made}
    name, role = names["Profile"], names["Role"]
    aws.call("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role)
    aws.call("iam", "delete_instance_profile", InstanceProfileName=name)
    assert delete(aws, "profile")["StackStatus"] == "DELETE_COMPLETE"


def test_what_is_there_and_cannot_go_still_keeps_its_stack(aws: Aws) -> None:
    create(aws, "full", stack_of({"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}}))
    aws.call("s3", "put_object", Bucket="full", Key="x", Body=b"x")
    assert delete(aws, "full")["StackStatus"] == "DELETE_FAILED"
    aws.call("s3", "delete_object", Bucket="full", Key="x")
    assert delete(aws, "full")["StackStatus"] == "DELETE_COMPLETE"
