"""State is closed: the cluster's security group reaches database, queue and file system, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.deployment import Deployment

GROUP, RULE = "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"
DOORS = {"/Database/": 5432, "/Broker/": 6379}
DAG_DOOR = {"/DagFileSystem/": 2049}


def doors(deployment: Deployment) -> dict[str, int]:
    """What there is to be reached, and by which port."""
    return {**DOORS, **(DAG_DOOR if deployment.settings.dags.delivery == "efs" else {})}


def ingress(deployment: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    """(security group, rule) of every rule in any template, within a group or beside it."""
    for rule in deployment.all(RULE):
        yield rule.properties["GroupId"], rule.properties
    for group in deployment.all(GROUP):
        for rule in group.properties.get("SecurityGroupIngress", []):
            yield group.att("GroupId"), rule


def test_only_the_cluster_comes_in(deployment: Deployment) -> None:
    cluster = deployment.one("AWS::EKS::Cluster").att("ClusterSecurityGroupId")
    for path, port in doors(deployment).items():
        group = deployment.one(GROUP, stack="State", path=path)
        [rule] = [rule for target, rule in ingress(deployment) if target == group.att("GroupId")]
        assert rule["SourceSecurityGroupId"] == cluster
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", port, port)
        assert "CidrIp" not in rule


def test_no_rule_is_for_a_group_that_nobody_knows(deployment: Deployment) -> None:
    known = {group.att("GroupId") for group in deployment.all(GROUP)}
    known.add(deployment.one("AWS::EKS::Cluster").att("ClusterSecurityGroupId"))
    assert {target for target, _ in ingress(deployment)} <= known


def test_nothing_is_open_to_the_world(deployment: Deployment) -> None:
    for _, rule in ingress(deployment):
        assert rule.get("CidrIp") != "0.0.0.0/0"
        assert "CidrIpv6" not in rule


def test_each_uses_its_group(deployment: Deployment) -> None:
    group = {path: deployment.one(GROUP, stack="State", path=path).att("GroupId") for path in doors(deployment)}
    assert deployment.one("AWS::RDS::DBCluster").properties["VpcSecurityGroupIds"] == [group["/Database/"]]
    queue = deployment.one("AWS::ElastiCache::ReplicationGroup").properties
    assert queue["SecurityGroupIds"] == [group["/Broker/"]]
    for target in deployment.all("AWS::EFS::MountTarget"):
        assert target.properties["SecurityGroups"] == [group["/DagFileSystem/"]]


def test_nothing_of_it_calls_out(deployment: Deployment) -> None:
    for path in doors(deployment):
        egress = deployment.one(GROUP, stack="State", path=path).properties["SecurityGroupEgress"]
        # What the CDK writes for "nothing": without a rule, EC2 would add one that allows everything.
        assert [rule["CidrIp"] for rule in egress] == ["255.255.255.255/32"]


def test_it_holds_one_of_each(deployment: Deployment) -> None:
    for type_ in ("RDS::DBCluster", "ElastiCache::ReplicationGroup"):
        assert deployment.one(f"AWS::{type_}").stack == "State"
    buckets = 1 + deployment.settings.addons.spark_operator
    assert [each.stack for each in deployment.all("AWS::S3::Bucket")] == ["State"] * buckets


def test_it_has_a_file_system_where_one_carries_the_dags(deployment: Deployment) -> None:
    found = deployment.all("AWS::EFS::FileSystem")
    assert [each.stack for each in found] == (["State"] if deployment.settings.dags.delivery == "efs" else [])
