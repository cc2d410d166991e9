"""The network: three tiers, the ways out of them, and what finds its way by tags."""

from __future__ import annotations

import ipaddress
from functools import cache

import pytest

from tests.support.deployment import Deployment, Resource
from tests.support.synthesis import synthesize_with

TIERS = {"public", "private", "data"}
ENDPOINTS = {"ecr.api", "ecr.dkr", "sts", "secretsmanager", "logs", "eks", "eks-auth", "aps-workspaces"}


def subnets(deployment: Deployment, tier: str) -> list[Resource]:
    return [each for each in deployment.all("AWS::EC2::Subnet") if each.tags["aws-cdk:subnet-name"] == tier]


def way_out(deployment: Deployment, subnet: Resource) -> list[dict[str, str]]:
    """The default routes of a subnet."""
    [association] = [
        each
        for each in deployment.all("AWS::EC2::SubnetRouteTableAssociation")
        if each.properties["SubnetId"] == subnet.ref
    ]
    table = association.properties["RouteTableId"]
    return [
        route.properties for route in deployment.all("AWS::EC2::Route") if route.properties["RouteTableId"] == table
    ]


@cache
def two_zones() -> Deployment:
    """A deployment in the two zones that a person asks for."""
    return synthesize_with("two-zones", {"size": "dev", "network.zones": "2"})


@pytest.mark.parametrize(("name", "zones"), [("dev", 3), ("internet", 3), ("beijing", 3), ("two-zones", 2)])
def test_a_subnet_of_each_tier_in_each_zone(request: pytest.FixtureRequest, name: str, zones: int) -> None:
    deployment = two_zones() if name == "two-zones" else request.getfixturevalue(name)
    for tier in TIERS:
        found = subnets(deployment, tier)
        assert len({str(each.properties["AvailabilityZone"]) for each in found}) == len(found) == zones
    blocks = [
        ipaddress.ip_network(each.properties["CidrBlock"]) for tier in TIERS for each in subnets(deployment, tier)
    ]
    assert not any(one.overlaps(other) for one in blocks for other in blocks if one is not other)


def test_addresses_do_not_depend_on_the_number_of_zones(dev: Deployment) -> None:
    # EC2 changes no address of a subnet that is there, and refuses a new one whose addresses overlap with it.
    def plan(deployment: Deployment) -> dict[str, str]:
        return {each.path.split("/", 1)[1]: each.properties["CidrBlock"] for each in deployment.all("AWS::EC2::Subnet")}

    three, two = plan(dev), plan(two_zones())
    assert len(two) == 2 * len(TIERS)
    assert two.items() < three.items()


def test_pods_have_room(aws: Deployment) -> None:
    # A pod takes an address of the VPC.
    assert all(each.properties["CidrBlock"].endswith("/18") for each in subnets(aws, "private"))


def test_a_gateway_per_zone(aws: Deployment) -> None:
    gateways = {way_out(aws, subnet)[0]["NatGatewayId"] for subnet in subnets(aws, "private")}
    assert len(gateways) == len(aws.all("AWS::EC2::NatGateway")) == 3


def test_one_gateway_in_dev(dev: Deployment) -> None:
    gateway = dev.one("AWS::EC2::NatGateway")
    assert [way_out(dev, subnet)[0]["NatGatewayId"] for subnet in subnets(dev, "private")] == [gateway.ref] * 3


def test_data_subnets_reach_nothing(aws: Deployment) -> None:
    assert not any(way_out(aws, subnet) for subnet in subnets(aws, "data"))


def test_nothing_gets_a_public_address_by_itself(aws: Deployment) -> None:
    assert all(each.properties["MapPublicIpOnLaunch"] is False for each in aws.all("AWS::EC2::Subnet"))


def test_s3_is_reached_from_every_subnet_without_a_gateway(aws: Deployment, dev: Deployment) -> None:
    for deployment in (aws, dev):
        [endpoint] = [
            each for each in deployment.all("AWS::EC2::VPCEndpoint") if each.properties["VpcEndpointType"] == "Gateway"
        ]
        tables = {each.ref for each in deployment.all("AWS::EC2::RouteTable")}
        assert set(endpoint.properties["RouteTableIds"]) == tables
        assert endpoint.properties["ServiceName"].endswith(".s3")


def interface_endpoints(deployment: Deployment) -> list[Resource]:
    return [
        each for each in deployment.all("AWS::EC2::VPCEndpoint") if each.properties["VpcEndpointType"] == "Interface"
    ]


def test_interface_endpoints_from_medium_on(default_deployment: Deployment) -> None:
    found = interface_endpoints(default_deployment)
    region = default_deployment.settings.region
    # In China EKS Auth is reached through NAT: nobody documents its endpoint there. Managed Prometheus is not offered.
    expected = ENDPOINTS - ({"eks-auth", "aps-workspaces"} if region.startswith("cn-") else set())
    assert {each.properties["ServiceName"].partition(f"{region}.")[2] for each in found} == expected
    private = {each.ref for each in subnets(default_deployment, "private")}
    [group] = {each.properties["SecurityGroupIds"][0] for each in found}
    for each in found:
        assert each.properties["PrivateDnsEnabled"] is True
        assert set(each.properties["SubnetIds"]) == private
    [rule] = next(
        each for each in default_deployment.all("AWS::EC2::SecurityGroup") if each.att("GroupId") == group
    ).properties["SecurityGroupIngress"]
    vpc = default_deployment.one("AWS::EC2::VPC")
    assert (rule["FromPort"], rule["ToPort"], rule["CidrIp"]) == (443, 443, vpc.att("CidrBlock"))


def test_no_interface_endpoints_below(dev: Deployment, internet: Deployment) -> None:
    # They cost more than the traffic that they save.
    assert not interface_endpoints(dev)
    assert not interface_endpoints(internet)


def test_load_balancers_and_nodes_find_their_subnets(internet: Deployment) -> None:
    for subnet in subnets(internet, "public"):
        assert subnet.tags["kubernetes.io/role/elb"] == "1"
        assert "karpenter.sh/discovery" not in subnet.tags
    for subnet in subnets(internet, "private"):
        assert subnet.tags["kubernetes.io/role/internal-elb"] == "1"
        assert subnet.tags["karpenter.sh/discovery"] == "team-a"
    for subnet in subnets(internet, "data"):
        assert not {key for key in subnet.tags if "kubernetes" in key or "karpenter" in key}


def test_karpenter_looks_for_that_tag(internet: Deployment) -> None:
    terms = internet.object("EC2NodeClass", "default")["spec"]["subnetSelectorTerms"]
    assert terms == [{"tags": {"karpenter.sh/discovery": "team-a"}}]


def test_flow_logs(aws: Deployment) -> None:
    log = aws.one("AWS::EC2::FlowLog").properties
    assert log["ResourceId"] == aws.one("AWS::EC2::VPC").ref
    assert log["TrafficType"] == "ALL"
    group = aws.one("AWS::Logs::LogGroup", path="/FlowLogs/")
    assert log["LogGroupName"] == group.ref
    role = aws.one("AWS::IAM::Role", path="/FlowLogsRole/").properties
    [statement] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == group.att("Arn")
    # It must not make the group again after the deployment is gone.
    assert "logs:CreateLogGroup" not in statement["Action"]


def test_the_default_security_group_is_closed(aws: Deployment) -> None:
    closed = aws.one("Custom::VpcRestrictDefaultSG").properties
    assert closed["DefaultSecurityGroupId"] == aws.one("AWS::EC2::VPC").att("DefaultSecurityGroup")
