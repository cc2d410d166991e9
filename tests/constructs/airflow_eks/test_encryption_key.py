"""One key encrypts everything, and only those use it who must."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment

KEY = "AWS::KMS::Key"

# Where a resource says what it is encrypted with; a type that can be and is not is a finding of its own.
ENCRYPTED = {
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::RDS::DBCluster": "KmsKeyId",
    "AWS::ElastiCache::ReplicationGroup": "KmsKeyId",
    "AWS::EFS::FileSystem": "KmsKeyId",
    "AWS::CodeCommit::Repository": "KmsKeyId",
}


def test_there_is_one_and_it_rotates(deployment: Deployment) -> None:
    assert deployment.one(KEY).properties["EnableKeyRotation"] is True


def test_it_encrypts_everything(deployment: Deployment) -> None:
    key = deployment.one(KEY).att("Arn")
    for type_, name in ENCRYPTED.items():
        for resource in deployment.all(type_):
            assert resource.properties.get(name) == key, resource.path


def test_it_encrypts_the_volumes_of_karpenters_nodes_and_pods(deployment: Deployment) -> None:
    key = deployment.one(KEY).att("Arn")
    [disk] = deployment.object("EC2NodeClass", "default")["spec"]["blockDeviceMappings"]
    assert disk["ebs"]["kmsKeyID"] == key
    assert deployment.object("StorageClass", "gp3")["parameters"]["kmsKeyId"] == key


def test_nobody_but_the_account_uses_it_without_a_condition(deployment: Deployment) -> None:
    account = f"arn:{deployment.settings.partition}:iam::${{AWS::AccountId}}:root"
    statements = deployment.one(KEY).properties["KeyPolicy"]["Statement"]
    assert [each["Principal"] for each in statements if "Condition" not in each] == [{"AWS": account}]


def test_log_groups_and_volumes_of_this_region_may(deployment: Deployment) -> None:
    statements = {each.get("Sid"): each for each in deployment.one(KEY).properties["KeyPolicy"]["Statement"]}
    region, suffix = deployment.settings.region, deployment.settings.facts.dns_suffix
    logs = statements["CloudWatchLogs"]
    assert logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"].endswith(
        f":logs:{region}:${{AWS::AccountId}}:log-group:*"
    )
    volumes = statements["VolumesOfNodes"]
    assert volumes["Condition"]["StringEquals"] == {
        "kms:CallerAccount": "${AWS::AccountId}",
        "kms:ViaService": f"ec2.{region}.{suffix}",
    }
    # An encrypted volume is attached with a grant.
    assert "kms:CreateGrant" in volumes["Action"]


@pytest.mark.parametrize(("name", "removal"), [("dev", "Delete"), ("aws", "Retain"), ("own_vpc", "Delete")])
def test_it_stays_as_long_as_what_it_encrypts(request: pytest.FixtureRequest, name: str, removal: str) -> None:
    assert request.getfixturevalue(name).one(KEY).removal == (
        removal.replace("Retain", "RetainExceptOnCreate"),
        removal,
    )
