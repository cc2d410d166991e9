"""EKS add-ons: which, how configured, and with an identity of its own each."""

from __future__ import annotations

import json

import pytest

from settings import Registry, build_settings, load_releases
from stacks.addons import addon_context, eks_addons
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


def test_each_has_an_identity_of_its_own_before_it_comes_and_until_it_is_gone(deployment: Deployment) -> None:
    roles = []
    for addon in deployment.all("AWS::EKS::Addon"):
        associations = [
            each
            for each in deployment.all("AWS::EKS::PodIdentityAssociation")
            if each.stack == addon.stack and each.logical_id in addon.body.get("DependsOn", [])
        ]
        accounts = {each.properties["ServiceAccount"] for each in associations}
        assert accounts == IDENTITIES[addon.properties["AddonName"]]
        roles += [each.properties["RoleArn"] for each in associations]
    assert len(roles) == len(set(roles)) == 5


def test_no_add_on_is_given_identities_that_one_of_its_versions_refuses(deployment: Deployment) -> None:
    # Which service accounts it takes is a matter of its version, which EKS chooses.
    assert not any("PodIdentityAssociations" in each.properties for each in deployment.all("AWS::EKS::Addon"))


def test_an_identity_is_of_a_cluster_that_is_there(deployment: Deployment) -> None:
    cluster = deployment.one("AWS::EKS::Cluster")
    for each in deployment.all("AWS::EKS::PodIdentityAssociation"):
        if each.stack == cluster.stack:
            assert cluster.logical_id in each.body["DependsOn"]


def test_versions_are_those_of_the_releases(deployment: Deployment) -> None:
    settings, releases = deployment.settings, load_releases()
    for each in deployment.all("AWS::EKS::Addon"):
        name = each.properties["AddonName"]
        pinned = releases.eks_addon(name, settings.cluster.kubernetes_version, settings.partition)
        assert each.properties.get("AddonVersion") == pinned
    assert set(releases.eks_addons) == set(IDENTITIES)


def test_a_pinned_version_is_the_add_on_s(monkeypatch: pytest.MonkeyPatch) -> None:
    releases = load_releases()
    pins = {**releases.eks_addons, "coredns": {"1.36/aws": "v1.14.2-eksbuild.9"}}
    monkeypatch.setattr("stacks.addons.load_releases", lambda: releases.model_copy(update={"eks_addons": pins}))
    settings = build_settings({})
    registry = Registry(settings=settings, account="111122223333")
    context = addon_context(settings=settings, registry=registry, vpc_id="vpc-1", key_arn="key")
    versions = {each.name: each.version for each in eks_addons(context, "with-nodes")}
    assert versions["coredns"] == "v1.14.2-eksbuild.9"
    assert versions["snapshot-controller"] is None


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
