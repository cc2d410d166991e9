"""A deployed stack and its nested ones, read from CloudFormation; and the load balancer, read from AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from ops.aws import Aws
from ops.entry import find_entry
from ops.errors import OpsError
from ops.stack import find_stack, read_stack, templates
from tests.ops.answers import make_aws

REGION = "us-west-2"


@pytest.fixture
def aws() -> Iterator[Aws]:
    """An empty account."""
    with mock_aws():
        yield make_aws(REGION)


class TestStack:
    def test_resources_of_nested_stacks_are_its_own(self, aws: Aws) -> None:
        deploy(aws)
        stack = read_stack(aws, "airflow")
        assert (stack.status, stack.outputs) == ("CREATE_COMPLETE", {"ClusterName": "airflow"})
        assert len(stack.of_type("AWS::SQS::Queue")) == 2
        assert stack.the("AWS::Logs::LogGroup") == "/mine"
        assert [nested.logical_id for nested in stack.nested] == ["State"]
        assert [list(template["Resources"]) for template in templates(aws, stack)] == [["Queue", "Group"]]

    def test_a_stack_that_is_not_there(self, aws: Aws) -> None:
        assert find_stack(aws, "airflow") is None
        with pytest.raises(OpsError, match=r"no stack airflow in us-west-2 .* \(--name\) .* \(--region\)"):
            read_stack(aws, "airflow")

    def test_what_it_does_not_have_is_named(self, aws: Aws) -> None:
        deploy(aws)
        stack = read_stack(aws, "airflow")
        with pytest.raises(OpsError, match="no AWS::EKS::Cluster"):
            stack.the("AWS::EKS::Cluster")
        with pytest.raises(OpsError, match="no output AdminSecretArn"):
            stack.output("AdminSecretArn")


class TestEntry:
    def test_none_of_this_cluster(self, aws: Aws) -> None:
        assert find_entry(aws, "airflow") is None
        balance(aws, cluster="another")
        balance(aws, name="other", stack="default/web")
        assert find_entry(aws, "airflow") is None

    def test_plain_http_at_its_own_address(self, aws: Aws) -> None:
        balance(aws)
        entry = find_entry(aws, "airflow")
        assert entry is not None
        assert entry.internal
        assert entry.url == f"http://{entry.address}"
        assert entry.targets == ("healthy",)

    def test_https_at_the_domain(self, aws: Aws) -> None:
        balance(aws, protocol="HTTPS", host="airflow.example.com", scheme="internet-facing")
        entry = find_entry(aws, "airflow")
        assert entry is not None
        assert (entry.url, entry.internal) == ("https://airflow.example.com", False)


def deploy(aws: Aws) -> None:
    """A stack with one nested in it."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = {"Type": "AWS::SQS::Queue"}
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/mine"}}
    nested = json.dumps({"Resources": {"Queue": queue, "Group": group}})
    s3.put_object(Bucket="templates", Key="state.json", Body=nested)
    url = f"https://templates.s3.{REGION}.amazonaws.com/state.json"
    resources = {"State": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}, "Queue": queue}
    template = {"Resources": resources, "Outputs": {"ClusterName": {"Value": "airflow"}}}
    aws.client("cloudformation").create_stack(StackName="airflow", TemplateBody=json.dumps(template))


def balance(
    aws: Aws,
    *,
    name: str = "k8s-airflow",
    cluster: str = "airflow",
    stack: str = "airflow/airflow-ingress",
    protocol: str = "HTTP",
    host: str | None = None,
    scheme: str = "internal",
) -> None:
    """A load balancer as the controller makes it."""
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for index, zone in enumerate("ab")
    ]
    tags = {"elbv2.k8s.aws/cluster": cluster, "ingress.k8s.aws/stack": stack}
    made = elb.create_load_balancer(
        Name=name,
        Subnets=[subnet["SubnetId"] for subnet in subnets],
        Scheme=scheme,
        Type="application",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    group = elb.create_target_group(Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")
    forward: list[dict[str, Any]] = [
        {"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]},
    ]
    certificate = (
        {"Certificates": [{"CertificateArn": aws.client("acm").request_certificate(DomainName=host)["CertificateArn"]}]}
        if host
        else {}
    )
    listener = elb.create_listener(
        LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol=protocol,
        Port=443 if protocol == "HTTPS" else 80,
        DefaultActions=forward,
        **certificate,
    )["Listeners"][0]["ListenerArn"]
    if host:
        condition = {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}
        elb.create_rule(ListenerArn=listener, Priority=1, Conditions=[condition], Actions=forward)
    elb.register_targets(TargetGroupArn=forward[0]["TargetGroupArn"], Targets=[{"Id": "10.0.0.5"}])
