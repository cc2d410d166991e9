"""What the sandbox does not know ends the run with its name. Nothing is left out in silence."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.sandbox.aws import Aws
from ops.sandbox.inventory import take_inventory
from tests.sandbox.templates import QUEUE, create, delete, reasons, stack_of

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("resources", "sections", "named"),
    [
        ({"X": {"Type": "AWS::Braket::Device"}}, {}, "AWS::Braket::Device"),
        ({"X": {**QUEUE, "CreationPolicy": {}}}, {}, "CreationPolicy"),
        ({"X": {**QUEUE, "DeletionPolicy": "Snapshot"}}, {}, "DeletionPolicy Snapshot"),
        ({"X": QUEUE}, {"Transform": "AWS::Serverless-2016-10-31"}, "Transform"),
        ({"X": QUEUE}, {"Parameters": {"P": {"Type": "AWS::EC2::VPC::Id", "Default": "x"}}}, "AWS::EC2::VPC::Id"),
        ({"X": QUEUE}, {"Parameters": {"P": {"Type": "String"}}}, "P"),
        ({"X": {**QUEUE, "DependsOn": "Y"}, "Y": {**QUEUE, "DependsOn": "X"}}, {}, "Circular dependency"),
    ],
)
def test_is_refused_before_anything_is_made(
    aws: Aws, resources: dict[str, Any], sections: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError, match=named):
        create(aws, "strict", stack_of(resources, **sections))


@pytest.mark.parametrize(
    ("properties", "type_", "named"),
    [
        ({"FifoQueue": True}, "AWS::SQS::Queue", "FifoQueue"),
        ({"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "x"}, "AWS::EC2::VPC", "Ipv4IpamPoolId"),
        ({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Odd": 1}]}}, "AWS::S3::Bucket", "Rules[0].Odd"),
        ({"QueueName": {"Fn::Cidr": ["10.0.0.0/16", 1, 8]}}, "AWS::SQS::Queue", "Fn::Cidr"),
        ({"QueueName": "{{resolve:ssm:/a}}"}, "AWS::SQS::Queue", "ssm:/a"),
        ({"QueueName": {"Fn::GetAtt": ["Other", "Colour"]}}, "AWS::SQS::Queue", "no attribute Colour"),
    ],
)
def test_fails_with_its_name_and_is_rolled_back(aws: Aws, properties: dict[str, Any], type_: str, named: str) -> None:
    body = stack_of({"Other": QUEUE, "X": {"Type": type_, "DependsOn": "Other", "Properties": properties}})
    before = take_inventory(aws)
    stack = create(aws, "strict", body)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any(named in reason for reason in reasons(aws, "strict")), reasons(aws, "strict")
    delete(aws, "strict")
    assert take_inventory(aws).since(before) == []


def test_an_output_that_cannot_be_resolved_fails_the_stack(aws: Aws) -> None:
    body = stack_of({"Queue": QUEUE}, Outputs={"O": {"Value": {"Fn::GetAtt": ["Queue", "Colour"]}}})
    assert create(aws, "strict", body)["StackStatus"] == "ROLLBACK_COMPLETE"
    delete(aws, "strict")
