"""Celery's queue: cluster mode off, two zones, TLS, AUTH."""

from __future__ import annotations

import pytest

from settings import load_releases
from tests.support.deployment import Deployment

GROUP = "AWS::ElastiCache::ReplicationGroup"


def test_cluster_mode_is_off(deployment: Deployment) -> None:
    # Celery's multi-key commands fail on it (CROSSSLOT).
    group = deployment.one(GROUP).properties
    assert not {"NumNodeGroups", "ReplicasPerNodeGroup", "NodeGroupConfiguration", "ClusterMode"} & set(group)
    assert "CacheParameterGroupName" not in group or ".cluster.on" not in group["CacheParameterGroupName"]
    assert group["NumCacheClusters"] == 2


def test_a_replica_takes_over_in_another_zone(deployment: Deployment) -> None:
    group = deployment.one(GROUP).properties
    assert (group["MultiAZEnabled"], group["AutomaticFailoverEnabled"]) == (True, True)


def test_engine(deployment: Deployment) -> None:
    group, engine = deployment.one(GROUP).properties, deployment.settings.broker.engine
    assert (group["Engine"], group["EngineVersion"]) == (engine, load_releases().engines.queue(engine))
    assert group["CacheNodeType"] == f"cache.{deployment.settings.broker.node_type}"


def test_it_is_valkey_unless_redis_is_asked_for(aws: Deployment, sidecar: Deployment) -> None:
    assert [each.one(GROUP).properties["Engine"] for each in (aws, sidecar)] == ["valkey", "redis"]
    # Neither has a parameter group of ours, which would stand in the way of a change in place.
    assert not [each for each in (aws, sidecar) if each.all("AWS::ElastiCache::ParameterGroup")]


def test_it_is_encrypted_on_the_way_and_at_rest(deployment: Deployment) -> None:
    group = deployment.one(GROUP).properties
    assert (group["TransitEncryptionEnabled"], group["TransitEncryptionMode"]) == (True, "required")
    assert group["AtRestEncryptionEnabled"] is True
    assert group["KmsKeyId"] == deployment.one("AWS::KMS::Key").att("Arn")


def test_its_token_is_resolved_as_it_is_deployed(deployment: Deployment) -> None:
    secret = deployment.one("AWS::SecretsManager::Secret", path="/Broker/")
    assert (
        deployment.one(GROUP).properties["AuthToken"] == f"{{{{resolve:secretsmanager:{secret.ref}:SecretString:::}}}}"
    )
    generated = secret.properties["GenerateSecretString"]
    # ElastiCache's limits.
    assert 16 <= generated["PasswordLength"] <= 128
    assert generated["ExcludePunctuation"] is True


def test_airflow_is_given_the_same_token(aws: Deployment) -> None:
    secret = aws.one("AWS::SecretsManager::Secret", path="/Broker/")
    [source] = aws.object("ExternalSecret", "airflow-broker-url")["spec"]["data"]
    assert source["remoteRef"]["key"] == secret.ref


def test_slow_commands_are_logged(deployment: Deployment) -> None:
    group = deployment.one(GROUP)
    [delivery] = group.properties["LogDeliveryConfigurations"]
    log_group = deployment.one("AWS::Logs::LogGroup", path="/Broker/")
    assert delivery["LogType"] == "slow-log"
    assert delivery["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"] == log_group.ref


def test_it_is_in_the_data_subnets(aws: Deployment) -> None:
    subnets = aws.one("AWS::ElastiCache::SubnetGroup")
    data = {each.ref for each in aws.all("AWS::EC2::Subnet") if each.tags["aws-cdk:subnet-name"] == "data"}
    assert set(subnets.properties["SubnetIds"]) == data
    assert aws.one(GROUP).properties["CacheSubnetGroupName"] == subnets.ref


@pytest.mark.parametrize(
    ("name", "removal", "snapshots"),
    [("dev", "Delete", 0), ("internet", "Snapshot", 1), ("aws", "Snapshot", 1), ("own_vpc", "Delete", 0)],
)
def test_what_is_left_of_it(request: pytest.FixtureRequest, name: str, removal: str, snapshots: int) -> None:
    group = request.getfixturevalue(name).one(GROUP)
    assert group.removal == (removal, removal)
    assert group.properties["SnapshotRetentionLimit"] == snapshots
