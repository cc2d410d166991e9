"""Karpenter's AWS side: what it may start, whom it may make a node, what warns it."""

from __future__ import annotations

from typing import Any

from tests.support.deployment import Deployment

WARNINGS = {
    ("aws.health", "AWS Health Event"),
    ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    ("aws.ec2", "EC2 Instance State-change Notification"),
}
# Actions on what others could own as well: each needs a condition that names this cluster.
ON_OTHERS = (
    "ec2:TerminateInstances",
    "ec2:DeleteLaunchTemplate",
    "ec2:CreateTags",
    "ec2:CreateLaunchTemplate",
)


def statements(deployment: Deployment) -> list[dict[str, Any]]:
    role = deployment.one("AWS::IAM::Role", path="/KarpenterResources/Identity/")
    found: list[dict[str, Any]] = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def actions(statement: dict[str, Any]) -> set[str]:
    action = statement["Action"]
    return {action} if isinstance(action, str) else set(action)


def test_warnings_reach_the_queue_that_karpenter_reads(deployment: Deployment) -> None:
    queue = deployment.one("AWS::SQS::Queue")
    rules = deployment.all("AWS::Events::Rule")
    patterns = [rule.properties["EventPattern"] for rule in rules]
    assert {(*each["source"], *each["detail-type"]) for each in patterns} == WARNINGS
    for rule in rules:
        assert [target["Arn"] for target in rule.properties["Targets"]] == [queue.att("Arn")]
    values = deployment.releases["karpenter"].manifest
    assert values["settings"]["interruptionQueue"] == queue.att("QueueName")


def test_the_queue_takes_from_these_rules_alone_and_by_tls(deployment: Deployment) -> None:
    policy = deployment.one("AWS::SQS::QueuePolicy").properties["PolicyDocument"]["Statement"]
    rules = {rule.att("Arn") for rule in deployment.all("AWS::Events::Rule")}
    senders = [each for each in policy if each["Effect"] == "Allow"]
    assert {each["Condition"]["ArnEquals"]["aws:SourceArn"] for each in senders} == rules
    [denied] = [each for each in policy if each["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nodes_have_the_profile_that_is_made_here(deployment: Deployment) -> None:
    profile = deployment.one("AWS::IAM::InstanceProfile")
    assert deployment.object("EC2NodeClass", "default")["spec"]["instanceProfile"] == profile.ref
    role = deployment.one("AWS::IAM::Role", path="/KarpenterResources/NodeRole/")
    assert profile.properties["Roles"] == [role.ref]
    entry = deployment.one("AWS::EKS::AccessEntry", path="/KarpenterResources/").properties
    assert (entry["PrincipalArn"], entry["Type"]) == (role.att("Arn"), "EC2_LINUX")


def test_it_makes_no_profile_of_its_own(deployment: Deployment) -> None:
    # It would stay behind, and its finalizer would wait for IAM.
    made = {action for each in statements(deployment) for action in actions(each)}
    assert {action for action in made if action.startswith("iam:")} == {
        "iam:PassRole",
        "iam:GetInstanceProfile",
        "iam:ListInstanceProfiles",
    }


def test_it_passes_the_node_role_to_ec2_alone(deployment: Deployment) -> None:
    [passing] = [each for each in statements(deployment) if "iam:PassRole" in actions(each)]
    role = deployment.one("AWS::IAM::Role", path="/KarpenterResources/NodeRole/")
    assert passing["Resource"] == role.att("Arn")
    services = passing["Condition"]["StringEquals"]["iam:PassedToService"]
    assert set(services) == set(deployment.settings.facts.pass_role_services)


def test_it_touches_only_what_is_the_clusters(deployment: Deployment) -> None:
    for each in statements(deployment):
        if actions(each) & set(ON_OTHERS):
            assert f"kubernetes.io/cluster/{deployment.settings.name}" in str(each["Condition"]), each["Sid"]


def test_it_starts_nothing_but_tagged_instances(deployment: Deployment) -> None:
    for each in statements(deployment):
        if "ec2:RunInstances" in actions(each) and any(":instance/" in arn for arn in each["Resource"]):
            equals = each["Condition"]["StringEquals"]
            assert equals[f"aws:RequestTag/kubernetes.io/cluster/{deployment.settings.name}"] == "owned"


def test_nodes_are_in_the_clusters_security_group(deployment: Deployment) -> None:
    group = deployment.one("AWS::EKS::Cluster").att("ClusterSecurityGroupId")
    assert deployment.object("EC2NodeClass", "default")["spec"]["securityGroupSelectorTerms"] == [{"id": group}]


def test_it_knows_the_cluster(deployment: Deployment) -> None:
    # It would ask the EKS API, which a private cluster may not reach.
    cluster = deployment.one("AWS::EKS::Cluster")
    settings = deployment.releases["karpenter"].manifest["settings"]
    assert settings["clusterName"] == deployment.settings.name
    assert settings["clusterEndpoint"] == cluster.att("Endpoint")


def test_volumes_and_instances_carry_the_deployments_tags(internet: Deployment) -> None:
    tags = internet.object("EC2NodeClass", "default")["spec"]["tags"]
    assert tags["team"] == "data"
    assert tags["airflow-eks/deployment"] == "team-a"
