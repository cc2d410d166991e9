"""The metadata database: engine, instances, TLS, logs, what is left of it."""

from __future__ import annotations

import pytest

from settings import load_releases
from tests.support.deployment import Deployment

CLUSTER, INSTANCE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"


def test_engine(deployment: Deployment) -> None:
    cluster = deployment.one(CLUSTER).properties
    assert cluster["Engine"] == "aurora-postgresql"
    major = deployment.settings.database.version
    assert cluster["EngineVersion"] == load_releases().engines.aurora(major)
    assert cluster["EngineVersion"].startswith(f"{major}.")
    assert (cluster["DatabaseName"], cluster["Port"]) == ("airflow", 5432)


def test_the_newer_version_and_the_other_storage_are_asked_for(aws: Deployment, sidecar: Deployment) -> None:
    clusters = [each.one(CLUSTER).properties for each in (aws, sidecar)]
    assert [each["EngineVersion"].partition(".")[0] for each in clusters] == ["16", "17"]
    assert [each.get("StorageType") for each in clusters] == [None, "aurora-iopt1"]


def test_a_writer_and_a_reader_that_takes_over(deployment: Deployment) -> None:
    instances = deployment.all(INSTANCE)
    assert len(instances) == 1 + deployment.settings.database.readers == 2
    # Tiers 0 and 1 are what a failover goes to, and scale with the writer.
    assert {each.properties["PromotionTier"] for each in instances} == {0, 1}
    for each in instances:
        assert each.properties["DBInstanceClass"] == f"db.{deployment.settings.database.instance_type}"
        assert each.properties["PubliclyAccessible"] is False


def test_it_is_in_the_data_subnets(aws: Deployment, own_vpc: Deployment) -> None:
    data = {each.ref for each in aws.all("AWS::EC2::Subnet") if each.tags["aws-cdk:subnet-name"] == "data"}
    assert set(aws.one("AWS::RDS::DBSubnetGroup").properties["SubnetIds"]) == data
    isolated = own_vpc.settings.network.existing_vpc.isolated_subnet_ids
    assert set(own_vpc.one("AWS::RDS::DBSubnetGroup").properties["SubnetIds"]) == set(isolated)


def test_tls_is_forced(deployment: Deployment) -> None:
    group = deployment.one("AWS::RDS::DBClusterParameterGroup")
    assert group.properties["Family"] == f"aurora-postgresql{deployment.settings.database.version}"
    assert group.properties["Parameters"]["rds.force_ssl"] == "1"
    assert deployment.one(CLUSTER).properties["DBClusterParameterGroupName"] == group.ref


def test_it_is_encrypted_with_the_deployments_key(deployment: Deployment) -> None:
    cluster = deployment.one(CLUSTER).properties
    assert cluster["StorageEncrypted"] is True
    assert cluster["KmsKeyId"] == deployment.one("AWS::KMS::Key").att("Arn")


def test_its_log_goes_to_a_group_of_ours(deployment: Deployment) -> None:
    cluster = deployment.one(CLUSTER)
    assert cluster.properties["EnableCloudwatchLogsExports"] == ["postgresql"]
    # RDS takes the cluster's name for it, and makes the group if it is not there.
    identifier = cluster.properties["DBClusterIdentifier"]
    group = deployment.one("AWS::Logs::LogGroup", path="/Database/")
    assert group.properties["LogGroupName"] == {"Fn::Join": ["", ["/aws/rds/cluster/", identifier, "/postgresql"]]}
    assert group.address in deployment.order.before(cluster.address)


def test_its_name_is_new_in_each_deployment(aws: Deployment) -> None:
    # So that nothing that an earlier one kept is in its way.
    assert "${AWS::StackId}" in str(aws.one(CLUSTER).properties["DBClusterIdentifier"])


def test_its_password_is_made_and_changed_by_rds(deployment: Deployment) -> None:
    cluster = deployment.one(CLUSTER).properties
    assert cluster["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in cluster
    assert cluster["MasterUserSecret"] == {"KmsKeyId": deployment.one("AWS::KMS::Key").att("Arn")}
    assert not [each for each in deployment.all("AWS::SecretsManager::Secret") if "/Database/" in each.path]
    assert not deployment.all("AWS::SecretsManager::RotationSchedule"), "the schedule is that of RDS"


@pytest.mark.parametrize(
    ("name", "protected", "days", "removal"),
    [
        ("dev", "false", 1, "Delete"),
        ("internet", "true", 7, "Snapshot"),  # size small
        ("aws", "true", 14, "Snapshot"),
        ("cn_own_vpc", "true", 35, "Snapshot"),  # size large
        ("own_vpc", "false", 14, "Delete"),  # medium; removal and protection by setting
    ],
)
def test_what_is_left_of_it(request: pytest.FixtureRequest, name: str, protected: str, days: int, removal: str) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    cluster = deployment.one(CLUSTER)
    # Not by the template: tests/contract/test_first_deployment.py says why.
    assert "DeletionProtection" not in cluster.properties
    protection = deployment.one("Custom::DatabaseProtection").properties
    assert (protection["Cluster"], protection["Protected"]) == (cluster.ref, protected)
    assert cluster.properties["BackupRetentionPeriod"] == days
    assert cluster.removal == (removal, removal)


def test_an_instance_never_outlives_its_cluster(deployment: Deployment) -> None:
    assert {each.removal for each in deployment.all(INSTANCE)} == {("Delete", "Delete")}
