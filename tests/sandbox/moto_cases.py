"""What moto lacks, as questions that it answers wrong: tests/sandbox/test_moto_patches.py asks them.

A case that moto can do by itself one day fails here: then its patch in ops/sandbox/moto_patches is to be removed.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.sandbox.moto_things import CHINA, Clients, new_name, new_subnet

_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def _group(clients: Clients) -> dict[str, Any]:
    group: dict[str, Any] = clients("elasticache").create_replication_group(
        ReplicationGroupId=new_name(), ReplicationGroupDescription="x", NumCacheClusters=2, Engine="redis"
    )["ReplicationGroup"]
    return group


def _database(clients: Clients, **arguments: Any) -> dict[str, Any]:
    cluster: dict[str, Any] = clients("rds").create_db_cluster(
        DBClusterIdentifier=new_name(),
        Engine="aurora-postgresql",
        MasterUsername="x1",
        MasterUserPassword="a-password",
        **arguments,
    )["DBCluster"]
    return cluster


def codecommit_says_amazonaws_com_cn(clients: Clients) -> bool:
    repository = clients("codecommit").create_repository(repositoryName=new_name())["repositoryMetadata"]
    return "amazonaws.com.cn" in repository["cloneUrlHttp"]


def codecommit_lists_repositories_and_keeps_files(clients: Clients) -> bool:
    codecommit, name = clients("codecommit"), new_name()
    codecommit.create_repository(repositoryName=name)
    file = {"filePath": "a/b.txt", "fileContent": b"x"}
    codecommit.create_commit(repositoryName=name, branchName="main", putFiles=[file])
    listed = [repository["repositoryName"] for repository in codecommit.list_repositories()["repositories"]]
    content = codecommit.get_file(repositoryName=name, filePath="a/b.txt")["fileContent"]
    folders = codecommit.get_folder(repositoryName=name, folderPath="/")["subFolders"]
    return name in listed and content == b"x" and folders[0]["relativePath"] == "a"


def container_registry_says_amazonaws_com_cn(clients: Clients) -> bool:
    uri = clients("ecr").create_repository(repositoryName=new_name())["repository"]["repositoryUri"]
    return ".cn-north-1.amazonaws.com.cn/" in uri


def database_says_amazonaws_com_cn(clients: Clients) -> bool:
    cluster = _database(clients)
    return all(cluster[name].endswith(".amazonaws.com.cn") for name in ("Endpoint", "ReaderEndpoint"))


def database_takes_its_automated_backup_along(clients: Clients) -> bool:
    rds, id_ = clients("rds"), _database(clients)["DBClusterIdentifier"]
    rds.delete_db_cluster(DBClusterIdentifier=id_, SkipFinalSnapshot=True)
    snapshots = rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    return not [snapshot for snapshot in snapshots if snapshot["DBClusterIdentifier"] == id_]


def database_writes_a_log_group(clients: Clients) -> bool:
    id_ = _database(clients, EnableCloudwatchLogsExports=["postgresql"])["DBClusterIdentifier"]
    return bool(clients("logs").describe_log_groups(logGroupNamePrefix=f"/aws/rds/cluster/{id_}/")["logGroups"])


def cache_counts_its_members(clients: Clients) -> bool:
    return len(_group(clients)["MemberClusters"]) == 2


def cache_has_a_reader_endpoint_in_china(clients: Clients) -> bool:
    reader = _group(clients)["NodeGroups"][0].get("ReaderEndpoint", {})
    return str(reader.get("Address")).endswith(".cn-north-1.cache.amazonaws.com.cn")


def cache_goes_when_it_is_deleted(clients: Clients) -> bool:
    elasticache, id_ = clients("elasticache"), _group(clients)["ReplicationGroupId"]
    elasticache.delete_replication_group(ReplicationGroupId=id_)
    groups = elasticache.describe_replication_groups()["ReplicationGroups"]
    return id_ not in [group["ReplicationGroupId"] for group in groups]


def cache_subnet_group_can_be_deleted(clients: Clients) -> bool:
    elasticache, name = clients("elasticache"), new_name()
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="x", SubnetIds=[new_subnet(clients)]
    )
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName=name)
    return True


def function_keeps_its_log_group(clients: Clients) -> bool:
    role = clients("iam").create_role(RoleName=new_name(), AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", "")
    function = clients("lambda").create_function(
        FunctionName=new_name(),
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        LoggingConfig={"LogGroup": "/mine"},
    )
    return bool(function.get("LoggingConfig", {}).get("LogGroup") == "/mine")


def bucket_that_denies_all_without_tls_is_open_to_the_rest(clients: Clients) -> bool:
    s3, bucket = clients("s3"), new_name()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": CHINA})
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws-cn:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    return True


def composite_alarm_is_made(clients: Clients) -> bool:
    cloudwatch = clients("cloudwatch")
    name = new_name()
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="FALSE")
    (made,) = cloudwatch.describe_alarms(AlarmNames=[name])["CompositeAlarms"]
    cloudwatch.delete_alarms(AlarmNames=[name])
    return bool(made["AlarmRule"] == "FALSE")


def groups_are_listed_below_a_path(clients: Clients) -> bool:
    iam, name = clients("iam"), new_name()
    iam.create_group(GroupName=name, Path="/a/")
    return name in _names(iam.list_groups(PathPrefix="/a/")) and name not in _names(iam.list_groups(PathPrefix="/b/"))


def instance_profiles_are_listed_below_a_path(clients: Clients) -> bool:
    iam, name = clients("iam"), new_name()
    iam.create_instance_profile(InstanceProfileName=name, Path="/a/")
    listed = [_names(iam.list_instance_profiles(PathPrefix=path)) for path in ("/", "/a/", "/b/")]
    iam.delete_instance_profile(InstanceProfileName=name)
    return [name in each for each in listed] == [True, True, False]


def _names(listed: dict[str, Any]) -> set[str]:
    """The names of what IAM lists."""
    return {each[key] for each in next(iter(listed.values())) for key in each if key.endswith("Name")}


CASES = [
    bucket_that_denies_all_without_tls_is_open_to_the_rest,
    cache_counts_its_members,
    cache_goes_when_it_is_deleted,
    cache_has_a_reader_endpoint_in_china,
    cache_subnet_group_can_be_deleted,
    codecommit_lists_repositories_and_keeps_files,
    codecommit_says_amazonaws_com_cn,
    composite_alarm_is_made,
    container_registry_says_amazonaws_com_cn,
    database_says_amazonaws_com_cn,
    database_takes_its_automated_backup_along,
    database_writes_a_log_group,
    function_keeps_its_log_group,
    groups_are_listed_below_a_path,
    instance_profiles_are_listed_below_a_path,
]
