"""What the AWS Load Balancer Controller may do: with this cluster's load balancers, in this VPC."""

from __future__ import annotations

from typing import Any

from tests.support.deployment import Deployment
from tests.support.synthesis import VPC

READS = ("ec2:Describe", "ec2:GetSecurityGroupsForVpc", "elasticloadbalancing:Describe", "acm:")


def statements(deployment: Deployment) -> list[dict[str, Any]]:
    role = deployment.one("AWS::IAM::Role", path="/LoadBalancerControllerIdentity/")
    found: list[dict[str, Any]] = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def vpc(deployment: Deployment) -> str:
    made = deployment.all("AWS::EC2::VPC")
    return made[0].ref if made else VPC


def test_what_it_changes_is_bounded_by_cluster_or_vpc(deployment: Deployment) -> None:
    cluster = f"'{deployment.settings.name}'"
    for each in statements(deployment):
        if all(action.startswith(READS) for action in actions(each)):
            continue
        bound = str(each.get("Condition", "")) + str(each["Resource"])
        if each["Sid"] == "PutWebAclBeforeLoadBalancer":
            # It goes together with SetWebAclOfLoadBalancer, which is bounded.
            assert all(action.startswith("wafv2:") for action in actions(each))
            continue
        service_role = actions(each) == ["iam:CreateServiceLinkedRole"]
        by_cluster = "elbv2.k8s.aws/cluster" in bound and cluster in bound
        assert service_role or by_cluster or f"vpc/{vpc(deployment)}" in bound, each["Sid"]


def test_it_only_reads_where_any_resource_is_meant(deployment: Deployment) -> None:
    for each in statements(deployment):
        if each["Resource"] == "*":
            assert all(action.startswith(READS) for action in actions(each)), each["Sid"]


def test_it_makes_no_service_linked_role_but_its_services(deployment: Deployment) -> None:
    [each] = [each for each in statements(deployment) if "iam:CreateServiceLinkedRole" in actions(each)]
    assert each["Condition"] == {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}


def test_it_knows_region_and_vpc(deployment: Deployment) -> None:
    # No pod reaches instance metadata, where it would look.
    values = deployment.releases["aws-load-balancer-controller"].manifest
    assert values["region"] == deployment.settings.region
    assert values["vpcId"] == vpc(deployment)
    assert values["clusterName"] == deployment.settings.name


def test_it_runs_as_the_account_that_has_the_role(deployment: Deployment) -> None:
    release = deployment.releases["aws-load-balancer-controller"]
    [association] = deployment.all("AWS::EKS::PodIdentityAssociation", path="/LoadBalancerControllerIdentity/")
    assert association.properties["Namespace"] == release.namespace
    assert association.properties["ServiceAccount"] == release.manifest["serviceAccount"]["name"]
