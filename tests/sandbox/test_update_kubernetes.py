"""A cluster gets another version of Kubernetes, and its nodes with it."""

from __future__ import annotations

from typing import Any

import pytest

from ops.sandbox.aws import Aws
from tests.sandbox.templates import ROLE, TAKEN, create, delete, reasons, stack_of, wait

pytestmark = pytest.mark.sandbox

NETWORK = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.1.0/24"}},
}
ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}


def _body(version: str, **of_nodes: Any) -> str:
    subnets = [{"Ref": "Subnet"}]
    cluster = {"Name": "moving", "Version": version, "RoleArn": ROLE_ARN, "ResourcesVpcConfig": {"SubnetIds": subnets}}
    nodes = {"ClusterName": {"Ref": "Cluster"}, "NodegroupName": "nodes", "NodeRole": ROLE_ARN, "Subnets": subnets}
    return stack_of(
        {
            "Role": ROLE,
            **NETWORK,
            "Cluster": {"Type": "AWS::EKS::Cluster", "Properties": cluster},
            "Nodes": {"Type": "AWS::EKS::Nodegroup", "Properties": {**nodes, **of_nodes}},
        }
    )


def _update(aws: Aws, body: str) -> str:
    aws.call("cloudformation", "update_stack", StackName="kubernetes", TemplateBody=body)
    return str(wait(aws, "kubernetes")["StackStatus"])


def _versions(aws: Aws) -> tuple[str, str]:
    cluster = aws.call("eks", "describe_cluster", name="moving")["cluster"]
    nodes = aws.call("eks", "describe_nodegroup", clusterName="moving", nodegroupName="nodes")["nodegroup"]
    return cluster["version"], nodes["version"]


@pytest.fixture
def deployed(aws: Aws, request: pytest.FixtureRequest) -> Any:
    """A stack with such a node group."""
    create(aws, "kubernetes", _body("1.35", **request.param))
    yield
    delete(aws, "kubernetes")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("deployed", [{"Version": "1.35"}], indirect=True)
def test_nodes_follow(aws: Aws) -> None:
    assert _update(aws, _body("1.36", Version="1.36")) == "UPDATE_COMPLETE"
    assert _versions(aws) == ("1.36", "1.36")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("deployed", [{}], indirect=True)
def test_nodes_without_a_version_stay_until_they_have_one(aws: Aws) -> None:
    assert _update(aws, _body("1.36")) == "UPDATE_COMPLETE"
    assert _versions(aws) == ("1.36", "1.35")
    assert _update(aws, _body("1.36", Version="1.36")) == "UPDATE_COMPLETE"
    assert _versions(aws) == ("1.36", "1.36")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("deployed", [{"Version": "1.35"}], indirect=True)
def test_nodes_get_a_version_by_itself(aws: Aws) -> None:
    # The cluster does not go back either: nothing of this comes to a good end, which upgrade-check says before.
    assert _update(aws, _body("1.36", Version="1.36", Labels={"a": "b"})) == "UPDATE_ROLLBACK_FAILED"
    assert any("other properties" in reason for reason in reasons(aws, "kubernetes"))


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("deployed", [{}], indirect=True)
@pytest.mark.parametrize("version", ["1.34", "1.37"])
def test_a_step_back_and_two_at_once_are_refused(aws: Aws, version: str) -> None:
    _update(aws, _body(version))
    told = f"Unsupported Kubernetes minor version update from 1.35 to {version}"
    assert any(told in reason for reason in reasons(aws, "kubernetes"))
    assert _versions(aws) == ("1.35", "1.35")


def _with_addon(version: str, *, fails: bool = False) -> str:
    addon = {"AddonName": "vpc-cni", "AddonVersion": version, "ClusterName": {"Ref": "Cluster"}}
    subnets = [{"Ref": "Subnet"}]
    cluster = {"Name": "pinned", "RoleArn": ROLE_ARN, "ResourcesVpcConfig": {"SubnetIds": subnets}}
    late = {"Type": "AWS::Logs::LogGroup", "DependsOn": "Addon", "Properties": {"LogGroupName": TAKEN}}
    return stack_of(
        {
            "Role": ROLE,
            **NETWORK,
            "Cluster": {"Type": "AWS::EKS::Cluster", "Properties": cluster},
            "Addon": {"Type": "AWS::EKS::Addon", "Properties": addon},
            **({"Late": late} if fails else {}),
        }
    )


def test_an_addon_gets_another_version_and_goes_back(aws: Aws) -> None:
    def version() -> str:
        found = aws.call("eks", "describe_addon", clusterName="pinned", addonName="vpc-cni")["addon"]
        return str(found["addonVersion"])

    create(aws, "kubernetes", _with_addon("v1.20.0-eksbuild.1"))
    assert _update(aws, _with_addon("v1.21.0-eksbuild.1")) == "UPDATE_COMPLETE"
    assert version() == "v1.21.0-eksbuild.1"
    # Back because what comes after it fails, and back because somebody says so.
    aws.call("logs", "create_log_group", logGroupName=TAKEN)
    assert _update(aws, _with_addon("v1.22.0-eksbuild.1", fails=True)) == "UPDATE_ROLLBACK_COMPLETE"
    aws.call("logs", "delete_log_group", logGroupName=TAKEN)
    assert version() == "v1.21.0-eksbuild.1"
    assert _update(aws, _with_addon("v1.20.0-eksbuild.1")) == "UPDATE_COMPLETE"
    assert version() == "v1.20.0-eksbuild.1"
    delete(aws, "kubernetes")
