"""The file system of the DAGs: reached by TLS, through mount targets, by one access point."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment

FILE_SYSTEM, TARGET, POINT = "AWS::EFS::FileSystem", "AWS::EFS::MountTarget", "AWS::EFS::AccessPoint"


def test_it_is_encrypted_and_elastic(efs_deployment: Deployment) -> None:
    properties = efs_deployment.one(FILE_SYSTEM).properties
    assert properties["Encrypted"] is True
    assert properties["KmsKeyId"] == efs_deployment.one("AWS::KMS::Key").att("Arn")
    assert properties["ThroughputMode"] == "elastic"


def test_a_mount_target_in_each_data_subnet(aws: Deployment) -> None:
    data = {each.ref for each in aws.all("AWS::EC2::Subnet") if each.tags["aws-cdk:subnet-name"] == "data"}
    targets = aws.all(TARGET)
    assert {each.properties["SubnetId"] for each in targets} == data
    assert len(targets) == len(data)


def test_everybody_is_git_sync(efs_deployment: Deployment) -> None:
    point = efs_deployment.one(POINT).properties
    assert point["PosixUser"] == {"Uid": "65533", "Gid": "65533"}
    made = point["RootDirectory"]["CreationInfo"]
    assert (made["OwnerUid"], made["OwnerGid"]) == ("65533", "65533")


def test_the_volume_is_on_the_access_point(efs_deployment: Deployment) -> None:
    volume = efs_deployment.object("PersistentVolume", "airflow-dags")["spec"]
    assert volume["csi"]["volumeHandle"] == f"{efs_deployment.one(FILE_SYSTEM).ref}::{efs_deployment.one(POINT).ref}"
    assert "tls" in volume["mountOptions"]


def test_tls_or_nothing(efs_deployment: Deployment) -> None:
    statements = efs_deployment.one(FILE_SYSTEM).properties["FileSystemPolicy"]["Statement"]
    [denied] = [each for each in statements if each["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (denied["Action"], denied["Principal"]) == ("*", {"AWS": "*"})


def test_nobody_is_root_or_comes_from_elsewhere(efs_deployment: Deployment) -> None:
    statements = efs_deployment.one(FILE_SYSTEM).properties["FileSystemPolicy"]["Statement"]
    [allowed] = [each for each in statements if each["Effect"] == "Allow"]
    assert set(allowed["Action"]) == {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}
    assert allowed["Condition"] == {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}


@pytest.mark.parametrize(
    ("name", "removal", "backups"),
    [("dev", "Delete", "DISABLED"), ("internet", "Retain", "ENABLED"), ("aws", "Retain", "ENABLED")],
)
def test_what_is_left_of_it(request: pytest.FixtureRequest, name: str, removal: str, backups: str) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    file_system = deployment.one(FILE_SYSTEM)
    assert file_system.removal == (removal.replace("Retain", "RetainExceptOnCreate"), removal)
    assert file_system.properties.get("BackupPolicy", {"Status": "DISABLED"})["Status"] == backups


def test_nothing_of_it_holds_on_to_the_network(efs_deployment: Deployment) -> None:
    # A mount target that stayed would keep subnet and security group from being deleted.
    assert all(each.removal[0] in (None, "Delete") for each in efs_deployment.all(TARGET))
