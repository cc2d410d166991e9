"""EKS add-ons: which, how configured, and with an identity of its own each."""

from __future__ import annotations

import json

from tests.support.deployment import Deployment

IDENTITIES = {
    "vpc-cni": {"aws-node"},
    "aws-ebs-csi-driver": {"ebs-csi-controller-sa"},
    "aws-efs-csi-driver": {"efs-csi-controller-sa", "efs-csi-node-sa"},
    "kube-proxy": set(),
    "coredns": set(),
    "eks-pod-identity-agent": set(),
    "snapshot-controller": set(),
    "eks-node-monitoring-agent": set(),
    "amazon-cloudwatch-observability": {"cloudwatch-agent"},
}


def test_all_are_there(deployment: Deployment) -> None:
    assert {each.properties["AddonName"] for each in deployment.all("AWS::EKS::Addon")} == set(IDENTITIES)


def test_network_policies_are_enforced(deployment: Deployment) -> None:
    [cni] = [each for each in deployment.all("AWS::EKS::Addon") if each.properties["AddonName"] == "vpc-cni"]
    assert json.loads(cni.properties["ConfigurationValues"])["enableNetworkPolicy"] == "true"


def test_each_has_an_identity_of_its_own(deployment: Deployment) -> None:
    roles = []
    for addon in deployment.all("AWS::EKS::Addon"):
        associations = addon.properties.get("PodIdentityAssociations", [])
        accounts = {each["ServiceAccount"] for each in associations}
        assert accounts == IDENTITIES[addon.properties["AddonName"]]
        roles += [each["RoleArn"] for each in associations]
    assert len(roles) == len(set(roles)) == 5


def test_versions_are_left_to_eks(aws: Deployment) -> None:
    # Pinned, they would stay behind when the cluster's version moves.
    assert not any("AddonVersion" in each.properties for each in aws.all("AWS::EKS::Addon"))


def test_container_insights_sends_no_container_logs_and_no_traces(deployment: Deployment) -> None:
    (addon,) = [
        each
        for each in deployment.all("AWS::EKS::Addon")
        if each.properties["AddonName"] == "amazon-cloudwatch-observability"
    ]
    assert json.loads(addon.properties["ConfigurationValues"]) == {
        "agent": {"config": {"logs": {"metrics_collected": {"kubernetes": {"enhanced_container_insights": True}}}}},
        # They are Fluent Bit's: twice would be paid for twice.
        "containerLogs": {"enabled": False},
    }
