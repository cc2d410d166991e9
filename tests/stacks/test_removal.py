"""What `cdk destroy` does with what holds data, as the size class says and a setting overrides."""

from __future__ import annotations

import pytest
from aws_cdk import RemovalPolicy

from settings import build_settings
from stacks.removal import Removal
from tests.support.deployment import Deployment

KEEP = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


@pytest.mark.parametrize(
    ("size", "chosen", "database", "others"),
    [
        ("dev", None, RemovalPolicy.DESTROY, RemovalPolicy.DESTROY),
        ("small", None, RemovalPolicy.SNAPSHOT, KEEP),
        ("medium", None, RemovalPolicy.SNAPSHOT, KEEP),
        ("large", None, RemovalPolicy.SNAPSHOT, KEEP),
        ("dev", "keep", RemovalPolicy.SNAPSHOT, KEEP),
        ("large", "destroy", RemovalPolicy.DESTROY, RemovalPolicy.DESTROY),
    ],
)
def test_policies(size: str, chosen: str | None, database: RemovalPolicy, others: RemovalPolicy) -> None:
    removal = Removal.of(build_settings({"size": size} | ({"removal": chosen} if chosen else {})))
    assert (removal.database, removal.everything_else) == (database, others)
    assert removal.keep is (others == KEEP)


@pytest.mark.parametrize("name", ["dev", "own_vpc"])
def test_nothing_is_left_behind(request: pytest.FixtureRequest, name: str) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    assert not [
        each.path
        for each in deployment.resources.values()
        if each.removal[0] in ("Retain", "RetainExceptOnCreate", "Snapshot")
    ]


KEPT = {
    "AWS::KMS::Key": "RetainExceptOnCreate",
    "AWS::RDS::DBCluster": "Snapshot",
    "AWS::ElastiCache::ReplicationGroup": "Snapshot",
    "AWS::EFS::FileSystem": "RetainExceptOnCreate",
    "AWS::S3::Bucket": "RetainExceptOnCreate",
    "AWS::SecretsManager::Secret": "RetainExceptOnCreate",
    "AWS::CodeCommit::Repository": "RetainExceptOnCreate",
}


@pytest.mark.parametrize("name", ["aws", "beijing", "internet"])
def test_data_is_kept_and_nothing_else(request: pytest.FixtureRequest, name: str) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    kept = {
        (each.type, each.removal[0])
        for each in deployment.resources.values()
        if each.removal[0] in ("Retain", "RetainExceptOnCreate", "Snapshot")
    }
    assert kept == set(KEPT.items())
