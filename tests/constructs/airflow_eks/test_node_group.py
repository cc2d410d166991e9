"""The managed node group: Graviton, spread, closed to pods, encrypted."""

from __future__ import annotations

from charts.placement import POOL_LABEL, SYSTEM_POOL
from tests.support.deployment import Deployment

NODE_GROUP, TEMPLATE = "AWS::EKS::Nodegroup", "AWS::EC2::LaunchTemplate"


def test_nodes_are_graviton(deployment: Deployment) -> None:
    nodes = deployment.one(NODE_GROUP).properties
    assert nodes["AmiType"] == "AL2023_ARM_64_STANDARD"
    assert nodes["InstanceTypes"] == [deployment.settings.cluster.nodes.instance_type]


def test_nodes_follow_the_clusters_version_after_the_cluster_has_it(deployment: Deployment) -> None:
    nodes, cluster = deployment.one(NODE_GROUP), deployment.one("AWS::EKS::Cluster")
    assert nodes.properties["Version"] == cluster.properties["Version"]
    assert nodes.properties["ClusterName"] == cluster.ref
    # With a template that names an image, EKS would refuse a version.
    assert "ImageId" not in deployment.one(TEMPLATE).properties["LaunchTemplateData"]
    # EKS changes nothing else together with one, and does not go back to an older one.
    assert "ReleaseVersion" not in nodes.properties


def test_nodes_are_replaced_one_by_one_and_in_the_end_by_force(deployment: Deployment) -> None:
    # The cluster cannot go back, so a disruption budget must not make the update fail.
    nodes = deployment.one(NODE_GROUP).properties
    assert nodes["UpdateConfig"] == {"MaxUnavailable": 1}
    assert nodes["ForceUpdateEnabled"] is True


def test_a_node_in_every_zone(deployment: Deployment) -> None:
    nodes = deployment.one(NODE_GROUP).properties
    assert nodes["ScalingConfig"]["MinSize"] == nodes["ScalingConfig"]["DesiredSize"] == 3
    assert len(nodes["Subnets"]) == deployment.settings.network.zones


def test_no_pod_reaches_instance_metadata(deployment: Deployment) -> None:
    options = deployment.one(TEMPLATE).properties["LaunchTemplateData"]["MetadataOptions"]
    assert options == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


def test_the_disk_is_encrypted(deployment: Deployment) -> None:
    [disk] = deployment.one(TEMPLATE).properties["LaunchTemplateData"]["BlockDeviceMappings"]
    assert disk["Ebs"]["VolumeType"] == "gp3"
    assert disk["Ebs"]["Encrypted"] is True
    assert disk["Ebs"]["KmsKeyId"] == deployment.one("AWS::KMS::Key").att("Arn")
    assert disk["Ebs"]["DeleteOnTermination"] is True


def test_the_template_is_used_in_its_latest_version(aws: Deployment) -> None:
    template = aws.one(TEMPLATE)
    assert aws.one(NODE_GROUP).properties["LaunchTemplate"] == {
        "Id": template.ref,
        "Version": template.att("LatestVersionNumber"),
    }


def test_system_pods_find_the_nodes(aws: Deployment) -> None:
    assert aws.one(NODE_GROUP).properties["Labels"] == {POOL_LABEL: SYSTEM_POOL}


def test_there_is_no_ssh(aws: Deployment) -> None:
    assert "RemoteAccess" not in aws.one(NODE_GROUP).properties
    assert "KeyName" not in aws.one(TEMPLATE).properties["LaunchTemplateData"]


def test_a_node_may_join_pull_and_be_reached_and_no_more(aws: Deployment) -> None:
    for role in (aws.one("AWS::IAM::Role", path="/SystemNodes/"), aws.one("AWS::IAM::Role", path="/NodeRole/")):
        names = {arn.rpartition("/")[2] for arn in role.properties["ManagedPolicyArns"]}
        assert names == {
            "AmazonEKSWorkerNodePolicy",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonSSMManagedInstanceCore",
        }
        assert "Policies" not in role.properties
