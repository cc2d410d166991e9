"""A VPC that exists is used as it is: nothing of it is made, changed or looked up."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment
from tests.support.synthesis import VPC


@pytest.fixture(params=["own_vpc", "cn_own_vpc"])
def existing(request: pytest.FixtureRequest) -> Deployment:
    deployment: Deployment = request.getfixturevalue(request.param)
    return deployment


def test_nothing_of_a_network_is_made(existing: Deployment) -> None:
    made = {each.type for each in existing.resources.values() if each.type.startswith("AWS::EC2::")}
    assert made == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::LaunchTemplate"}
    assert "Network" not in existing.templates


def test_security_groups_are_in_it(existing: Deployment) -> None:
    assert {each.properties["VpcId"] for each in existing.all("AWS::EC2::SecurityGroup")} == {VPC}


def test_cluster_and_nodes_are_in_its_private_subnets(existing: Deployment) -> None:
    private = list(existing.settings.network.existing_vpc.private_subnet_ids)
    assert existing.one("AWS::EKS::Cluster").properties["ResourcesVpcConfig"]["SubnetIds"] == private
    assert existing.one("AWS::EKS::Nodegroup").properties["Subnets"] == private
    terms = existing.object("EC2NodeClass", "default")["spec"]["subnetSelectorTerms"]
    assert terms == [{"id": subnet} for subnet in private]


def test_data_is_in_its_isolated_subnets(existing: Deployment) -> None:
    isolated = list(existing.settings.network.existing_vpc.isolated_subnet_ids)
    assert existing.one("AWS::RDS::DBSubnetGroup").properties["SubnetIds"] == isolated
    assert existing.one("AWS::ElastiCache::SubnetGroup").properties["SubnetIds"] == isolated
    assert [each.properties["SubnetId"] for each in existing.all("AWS::EFS::MountTarget")] == isolated


def load_balancer(deployment: Deployment) -> dict[str, str]:
    """Annotations of the Ingress, without their prefix."""
    annotations = deployment.releases["airflow"].manifest["ingress"]["apiServer"]["annotations"]
    return {key.partition("/")[2]: value for key, value in annotations.items()}


def test_an_internal_load_balancer_is_told_the_private_subnets(own_vpc: Deployment) -> None:
    # Their tags are somebody else's.
    assert load_balancer(own_vpc)["scheme"] == "internal"
    ids = own_vpc.settings.network.existing_vpc.private_subnet_ids
    assert load_balancer(own_vpc)["subnets"] == ",".join(ids)


def test_an_internet_facing_one_is_told_the_public_subnets(cn_own_vpc: Deployment) -> None:
    assert load_balancer(cn_own_vpc)["scheme"] == "internet-facing"
    ids = cn_own_vpc.settings.network.existing_vpc.public_subnet_ids
    assert load_balancer(cn_own_vpc)["subnets"] == ",".join(ids)


def test_in_a_vpc_of_its_own_subnets_are_found_by_tags(aws: Deployment, internet: Deployment) -> None:
    assert "subnets" not in load_balancer(aws)
    assert "subnets" not in load_balancer(internet)
