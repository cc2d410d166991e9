"""Least privilege, over all roles: what is allowed on any resource is listed here, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.support.deployment import Deployment

NO_RESOURCE = "these actions take no resource"

# Statements with `Resource: "*"`: (part of the role's path, id of the statement, reason).
ON_ANYTHING = (
    ("/aws-efs-csi-driver-efs-csi-controller-sa/", "FindZones", NO_RESOURCE),
    ("/aws-efs-csi-driver-efs-csi-node-sa/", "FindZones", NO_RESOURCE),
    ("/amazon-cloudwatch-observability-cloudwatch-agent/", "ReadVolumesAndTags", NO_RESOURCE),
    ("/ClusterAutoscalerIdentity/", "FindNodeGroups", NO_RESOURCE),
    ("/OpencostIdentity/", "ReadSpotPrices", NO_RESOURCE),
    ("/GrafanaIdentity/", "ReadMetrics", NO_RESOURCE),
    ("/LoadBalancerControllerIdentity/", "FindNetworkAndLoadBalancers", NO_RESOURCE),
    ("/LoadBalancerControllerIdentity/", "FindCertificates", "certificates are looked for by host name"),
    ("/KarpenterResources/Identity/", "ReadInstanceOffers", NO_RESOURCE),
    ("/KarpenterResources/Identity/", "ReadPrices", NO_RESOURCE),
    ("/KarpenterResources/Identity/", "ListInstanceProfiles", NO_RESOURCE),
    ("/Cluster/Clearing/", "FindLeftovers", NO_RESOURCE),
    ("/Alarms/LoadBalancer/", "DescribeLoadBalancers", NO_RESOURCE),
    ("/Alarms/LoadBalancer/", "DescribeTargetGroups", NO_RESOURCE),
)
# On any resource, nothing but reads.
READ = re.compile(r"^[a-z0-9-]+:(Describe|List|Get)[A-Za-z]+$")

# Policies that AWS keeps: (policy, part of the path of the roles that have it, reason).
MANAGED = (
    ("AmazonEKSClusterPolicy", "/Eks/Role/", "what EKS asks of a cluster's role"),
    ("AmazonEKSWorkerNodePolicy", "/SystemNodes/", "what a node needs to join"),
    ("AmazonEKSWorkerNodePolicy", "/NodeRole/", "what a node needs to join"),
    ("AmazonEC2ContainerRegistryPullOnly", "/SystemNodes/", "a node pulls images"),
    ("AmazonEC2ContainerRegistryPullOnly", "/NodeRole/", "a node pulls images"),
    ("AmazonSSMManagedInstanceCore", "/SystemNodes/", "Session Manager in the place of SSH"),
    ("AmazonSSMManagedInstanceCore", "/NodeRole/", "Session Manager in the place of SSH"),
    ("AmazonEKS_CNI_Policy", "/vpc-cni-aws-node/", "AWS' own policy for its add-on"),
    ("AmazonEBSCSIDriverPolicy", "/aws-ebs-csi-driver-ebs-csi-controller-sa/", "AWS' own policy for its add-on"),
    ("AWSLambdaBasicExecutionRole", "/KubectlProvider/", "the CDK's own function"),
    ("AWSLambdaVPCAccessExecutionRole", "/KubectlProvider/", "the CDK's own function"),
    ("AWSLambdaVPCAccessExecutionRole", "/Clearing/", "a function in a VPC has interfaces there"),
    ("AmazonEC2ContainerRegistryReadOnly", "/KubectlProvider/", "helm pulls charts"),
    ("AmazonElasticContainerRegistryPublicReadOnly", "/KubectlProvider/", "helm pulls charts"),
    ("AWSLambdaBasicExecutionRole", "/Custom::", "the CDK's own function"),
    ("AWSLambdaBasicExecutionRole", "/Alarms/AWS679f53fac002430cb0da5b7982bd2287/", "the CDK's own function"),
)


class Statement(NamedTuple):
    """A statement of a role's permissions."""

    path: str
    body: dict[str, Any]

    @property
    def actions(self) -> list[str]:
        """Its actions."""
        action = self.body["Action"]
        return [action] if isinstance(action, str) else action

    @property
    def resources(self) -> list[str]:
        """Its resources."""
        resource = self.body["Resource"]
        return [resource] if isinstance(resource, str) else resource

    def __str__(self) -> str:
        return f"{self.path} {self.body.get('Sid')} {self.body['Action']}"


def statements(deployment: Deployment) -> Iterator[Statement]:
    """Every Allow statement of every role, inline or as a policy of its own."""
    for role in deployment.all("AWS::IAM::Role"):
        for policy in role.properties.get("Policies", []):
            for body in policy["PolicyDocument"]["Statement"]:
                yield Statement(role.path, body)
    for type_ in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for policy in deployment.all(type_):
            for body in policy.properties["PolicyDocument"]["Statement"]:
                yield Statement(policy.path, body)


def on_anything(deployment: Deployment) -> list[Statement]:
    return [each for each in statements(deployment) if "*" in each.resources]


def test_every_statement_allows(deployment: Deployment) -> None:
    # So that what follows is about all of them.
    assert {each.body["Effect"] for each in statements(deployment)} == {"Allow"}


def test_no_statement_allows_whole_services(deployment: Deployment) -> None:
    for each in statements(deployment):
        assert "NotAction" not in each.body, str(each)
        assert "NotResource" not in each.body, str(each)
        for action in each.actions:
            assert "*" not in action, str(each)


def test_what_is_on_anything_is_listed(deployment: Deployment) -> None:
    listed = {(path, sid) for path, sid, _ in ON_ANYTHING}
    for each in on_anything(deployment):
        assert any(path in each.path and sid == each.body.get("Sid") for path, sid in listed), str(each)


def test_what_is_on_anything_only_reads(deployment: Deployment) -> None:
    for each in on_anything(deployment):
        assert all(READ.match(action) for action in each.actions), str(each)


def test_the_list_has_nothing_that_is_not_needed(aws: Deployment) -> None:
    for path, sid, _ in ON_ANYTHING:
        assert any(path in each.path and sid == each.body.get("Sid") for each in on_anything(aws)), (path, sid)


def managed(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """(policy, path of the role) of every policy that AWS keeps."""
    for role in deployment.all("AWS::IAM::Role"):
        for arn in re.findall(
            r":aws:policy/(?:service-role/)?([\w-]+)", str(role.properties.get("ManagedPolicyArns", ""))
        ):
            yield arn, role.path


def test_policies_that_aws_keeps_are_listed(deployment: Deployment) -> None:
    for policy, path in managed(deployment):
        assert any(policy == name and part in path for name, part, _ in MANAGED), (policy, path)


def test_every_listed_policy_is_still_used(aws: Deployment) -> None:
    found = list(managed(aws))
    for name, part, _ in MANAGED:
        assert any(policy == name and part in path for policy, path in found), (name, part)


def test_nobody_administers_the_account(deployment: Deployment) -> None:
    text = str([role.properties for role in deployment.all("AWS::IAM::Role")])
    for policy in ("AdministratorAccess", "PowerUserAccess", "FullAccess"):
        assert policy not in text


def test_no_role_is_for_everybody(deployment: Deployment) -> None:
    for role in deployment.all("AWS::IAM::Role"):
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}, role.path
