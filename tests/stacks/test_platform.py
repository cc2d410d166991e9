"""The one stack that a person deploys: what protects it, what it is tagged with, what it shows."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from settings.tags import Component
from tests.support.deployment import Deployment, Resource
from tests.support.references import ROOT
from tests.support.synthesis import CONFIGURATIONS, synthesize

# What has no tags, or none that the CDK sets. CloudFormation gives the stack's own to what can have any.
UNTAGGED = {
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EFS::MountTarget",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::Policy",
    "AWS::Lambda::LayerVersion",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::SecretTargetAttachment",
}
OUTPUTS = {
    "ClusterName",
    "KubeconfigCommand",
    "DagRepositoryUrl",
    "AdminSecretArn",
    "LogBucketName",
    "DatabaseEndpoint",
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_stack_cannot_be_deleted_by_accident(name: str) -> None:
    deployment = synthesize(name)
    protected = deployment.manifest.get("terminationProtection", False)
    assert protected is deployment.settings.deletion_protection


def test_protection_is_off_in_dev_only(dev: Deployment, aws: Deployment, beijing: Deployment) -> None:
    assert [each.settings.deletion_protection for each in (dev, aws, beijing)] == [False, True, True]


TAGS = {"airflow-eks/deployment": "team-a", "team": "data"}
COMPONENT, TEAM = "airflow-eks/component", "airflow-eks/team"
# What the bill of each component is made of.
EXPENSIVE = {
    "AWS::EC2::NatGateway": "network",
    "AWS::EKS::Cluster": "cluster",
    "AWS::EKS::Nodegroup": "cluster",
    "AWS::ElastiCache::ReplicationGroup": "queue",
    "AWS::EFS::FileSystem": "storage",
    "AWS::KMS::Key": "platform",
    "AWS::Logs::LogGroup": "logs",
    "AWS::RDS::DBInstance": "database",
}


def test_tags_are_on_every_resource(internet: Deployment) -> None:
    def can_be_tagged(resource: Resource) -> bool:
        return not (resource.type in UNTAGGED or resource.type.startswith("Custom::") or "/Custom::" in resource.path)

    found = [each for each in internet.resources.values() if can_be_tagged(each)]
    assert not [f"{each.type} {each.path}" for each in found if not TAGS.items() <= each.tags.items()]


def test_the_stack_passes_them_on(internet: Deployment) -> None:
    assert internet.manifest["tags"] == {**TAGS, COMPONENT: "platform", TEAM: "platform"}


def test_every_resource_says_which_component_it_is_part_of(deployment: Deployment) -> None:
    allowed = set(get_args(Component))
    tagged = [each for each in deployment.resources.values() if "airflow-eks/deployment" in each.tags]
    assert not [each.path for each in tagged if each.tags.get(COMPONENT) not in allowed]
    for type_, component in EXPENSIVE.items():
        assert {each.tags[COMPONENT] for each in tagged if each.type == type_} <= {component}, type_
    assert {each.tags[COMPONENT] for each in tagged} >= {"cluster", "addons", "database", "airflow", "logs"}


def test_a_teams_own_resources_say_whose_they_are(internet: Deployment) -> None:
    roles = {each.path: each for each in internet.all("AWS::IAM::Role")}
    teams = {
        name: {each.tags[TEAM] for path, each in roles.items() if f"/Team-{name}/" in path}
        for name in ("analytics", "reports")
    }
    assert teams == {"analytics": {"analytics"}, "reports": {"reports"}}
    others = {each.tags[TEAM] for path, each in roles.items() if "/Team-" not in path and TEAM in each.tags}
    assert others == {"platform"}


def test_what_controllers_make_is_tagged_too(internet: Deployment) -> None:
    settings = internet.settings
    balancers = internet.releases["aws-load-balancer-controller"].manifest["defaultTags"]
    assert balancers == settings.tags_of("airflow")
    driver = next(
        each for each in internet.all("AWS::EKS::Addon") if each.properties["AddonName"] == "aws-ebs-csi-driver"
    )
    configuration = json.loads(driver.properties["ConfigurationValues"])
    assert configuration["controller"]["extraVolumeTags"] == settings.tags_of("storage")
    for name, component in (("default", "airflow"), ("spark", "spark"), ("spark-nvme", "spark")):
        tags = internet.object("EC2NodeClass", name)["spec"]["tags"]
        assert settings.tags_of(component).items() <= tags.items()


def test_tags_are_on_instances_and_disks(internet: Deployment) -> None:
    # They are most of the bill, and no resource of any template.
    data = internet.one("AWS::EC2::LaunchTemplate").properties["LaunchTemplateData"]
    tagged = {
        each["ResourceType"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in data["TagSpecifications"]
    }
    mine = {**TAGS, COMPONENT: "cluster", TEAM: "platform"}
    assert tagged == {"instance": mine, "volume": mine}
    assert TAGS.items() <= internet.object("EC2NodeClass", "default")["spec"]["tags"].items()


def test_outputs(deployment: Deployment) -> None:
    assert set(deployment.outputs) >= OUTPUTS
    settings = deployment.settings
    assert deployment.outputs["ClusterName"] == settings.name
    assert deployment.outputs["KubeconfigCommand"].endswith(f"--region {settings.region} --name {settings.name}")
    assert deployment.outputs["DatabaseEndpoint"] == deployment.one("AWS::RDS::DBCluster").att("Endpoint.Address")
    assert deployment.outputs["LogBucketName"] == deployment.one("AWS::S3::Bucket", path="/LogBucket/").ref


def test_the_password_is_shown_as_an_arn(aws: Deployment) -> None:
    assert aws.outputs["AdminSecretArn"] == aws.one("AWS::SecretsManager::Secret", path="/Secrets/Admin/").ref


def test_git_is_told_where_to_push(aws: Deployment, beijing: Deployment, own_vpc: Deployment) -> None:
    urls = [each.outputs["DagRepositoryUrl"] for each in (aws, beijing, own_vpc)]
    made = aws.one("AWS::CodeCommit::Repository").att("Name")
    assert urls == [
        f"https://git-codecommit.us-west-2.amazonaws.com/v1/repos/{made}",
        f"https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/{made}",
        "https://git-codecommit.us-west-2.amazonaws.com/v1/repos/our-dags",
    ]


def test_the_region_is_fixed_and_the_account_is_not(deployment: Deployment) -> None:
    # So that no look-up, and no credentials, are needed to synthesize.
    assert deployment.environment == f"aws://unknown-account/{deployment.settings.region}"


def test_the_name_is_the_stacks(deployment: Deployment) -> None:
    assert deployment.manifest["templateFile"] == f"{deployment.settings.name}.template.json"


def test_the_root_has_the_key_the_guard_and_the_nested_stacks_alone(deployment: Deployment) -> None:
    last = ("/Guard/", "/Clearing/")
    rest = [
        each for each in deployment.resources.values() if each.stack == ROOT and not any(map(each.path.count, last))
    ]
    assert {each.type for each in rest} == {"AWS::CloudFormation::Stack", "AWS::KMS::Key"}


def test_every_nested_stack_says_what_it_is(deployment: Deployment) -> None:
    for name, template in deployment.templates.items():
        assert name == ROOT or template["Description"].startswith(f"{name}: ")
