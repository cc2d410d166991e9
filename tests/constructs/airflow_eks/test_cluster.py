"""The cluster: who reaches it, who may do what, what is logged and encrypted."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment

CLUSTER, ENTRY = "AWS::EKS::Cluster", "AWS::EKS::AccessEntry"


def access(deployment: Deployment) -> dict[str, object]:
    configuration: dict[str, object] = deployment.one(CLUSTER).properties["ResourcesVpcConfig"]
    return configuration


@pytest.mark.parametrize("name", ["aws", "beijing", "own_vpc", "cn_own_vpc"])
def test_the_endpoint_is_private(request: pytest.FixtureRequest, name: str) -> None:
    found = access(request.getfixturevalue(name))
    assert found["EndpointPrivateAccess"] is True
    assert found["EndpointPublicAccess"] is False


def test_the_endpoint_is_public_as_well_in_dev(dev: Deployment) -> None:
    found = access(dev)
    assert (found["EndpointPrivateAccess"], found["EndpointPublicAccess"]) == (True, True)


def test_the_endpoint_is_open_to_those_who_are_named(internet: Deployment) -> None:
    found = access(internet)
    assert (found["EndpointPrivateAccess"], found["EndpointPublicAccess"]) == (True, True)
    assert found["PublicAccessCidrs"] == ["203.0.113.0/24", "198.51.100.0/24"]


def test_the_cluster_is_in_the_private_subnets(aws: Deployment) -> None:
    private = {each.ref for each in aws.all("AWS::EC2::Subnet") if each.tags["aws-cdk:subnet-name"] == "private"}
    assert set(aws.one(CLUSTER).properties["ResourcesVpcConfig"]["SubnetIds"]) == private
    for function in aws.all("AWS::Lambda::Function", path="/KubectlProvider/"):
        assert set(function.properties["VpcConfig"]["SubnetIds"]) == private


def test_all_logs_go_to_a_group_of_ours(deployment: Deployment) -> None:
    cluster = deployment.one(CLUSTER)
    types = {each["Type"] for each in cluster.properties["Logging"]["ClusterLogging"]["EnabledTypes"]}
    assert types == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    name = f"/aws/eks/{deployment.settings.name}/cluster"
    [group] = [each for each in deployment.all("AWS::Logs::LogGroup") if each.properties.get("LogGroupName") == name]
    assert group.address in deployment.order.before(cluster.address)


def test_secrets_are_encrypted_with_the_deployments_key(deployment: Deployment) -> None:
    [encryption] = deployment.one(CLUSTER).properties["EncryptionConfig"]
    assert encryption["Resources"] == ["secrets"]
    assert encryption["Provider"]["KeyArn"] == deployment.one("AWS::KMS::Key").att("Arn")


def test_version_and_name(aws: Deployment, internet: Deployment) -> None:
    assert (aws.one(CLUSTER).properties["Name"], aws.one(CLUSTER).properties["Version"]) == ("airflow", "1.36")
    assert (internet.one(CLUSTER).properties["Name"], internet.one(CLUSTER).properties["Version"]) == ("team-a", "1.35")


def test_nobody_pays_for_extended_support_who_did_not_ask_for_it(aws: Deployment, sidecar: Deployment) -> None:
    """EKS' own default is the dearer one."""
    policies = [each.one(CLUSTER).properties["UpgradePolicy"] for each in (aws, sidecar)]
    assert policies == [{"SupportType": "STANDARD"}, {"SupportType": "EXTENDED"}]


@pytest.mark.parametrize(("name", "minor"), [("aws", "1.36"), ("internet", "1.35")])
def test_kubectl_is_of_the_clusters_version(request: pytest.FixtureRequest, name: str, minor: str) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    layer = deployment.one("AWS::Lambda::LayerVersion", path="/KubectlLayer/")
    assert f"kubectl {minor}." in layer.properties["Description"]


def administrators(deployment: Deployment) -> set[str]:
    """Principals that administer the cluster, the kubectl function aside."""
    found = set()
    for entry in deployment.all(ENTRY):
        for policy in entry.properties.get("AccessPolicies", []):
            assert (
                policy["PolicyArn"]
                == "arn:${AWS::Partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
            )
            assert policy["AccessScope"] == {"Type": "cluster"}
            found.add(entry.properties["PrincipalArn"])
    [function] = [each for each in found if "KubectlProviderHandler" in each]
    return found - {function}


def test_administrators_come_from_the_settings(aws: Deployment, internet: Deployment, cn_own_vpc: Deployment) -> None:
    assert administrators(aws) == set()
    assert administrators(internet) == {
        "arn:aws:iam::123456789012:role/Admin",
        "arn:aws:iam::123456789012:user/jane",
    }
    assert administrators(cn_own_vpc) == {"arn:aws-cn:iam::123456789012:role/Admin"}


def test_nobody_administers_it_by_having_made_it(deployment: Deployment) -> None:
    configuration = deployment.one(CLUSTER).properties["AccessConfig"]
    assert configuration == {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": False}


def test_add_ons_are_left_to_eks(deployment: Deployment) -> None:
    # Self-managed ones would be in the way of the add-ons, and stay at an old version.
    assert deployment.one(CLUSTER).properties["BootstrapSelfManagedAddons"] is False


def test_kubectl_reaches_the_api_server(aws: Deployment) -> None:
    rule = aws.one("AWS::EC2::SecurityGroupIngress", path="/KubectlToApiServer").properties
    assert rule["GroupId"] == aws.one(CLUSTER).att("ClusterSecurityGroupId")
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    groups = {
        group
        for function in aws.all("AWS::Lambda::Function", path="/KubectlProvider/")
        for group in function.properties["VpcConfig"]["SecurityGroupIds"]
    }
    assert groups == {rule["SourceSecurityGroupId"]}
