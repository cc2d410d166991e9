"""What moto lacks, as questions that it answers wrong: tests/sandbox/test_moto_patches.py asks them.

A case that moto can do by itself one day fails here: then its patch in ops/sandbox/moto_patches is to be removed.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

CHINA = "cn-north-1"
Clients = Callable[[str], Any]
"""Gives the client of a service in Beijing."""

_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def _name() -> str:
    return f"x{uuid.uuid4().hex[:10]}"


def _subnet(clients: Clients) -> str:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    return subnet


def _cluster(clients: Clients, version: str = "1.36") -> dict[str, Any]:
    cluster: dict[str, Any] = clients("eks").create_cluster(
        name=_name(),
        version=version,
        roleArn="arn:aws-cn:iam::123456789012:role/x",
        resourcesVpcConfig={"subnetIds": [_subnet(clients)]},
        logging={"clusterLogging": [{"types": ["api"], "enabled": True}]},
    )["cluster"]
    return cluster


def _group(clients: Clients) -> dict[str, Any]:
    group: dict[str, Any] = clients("elasticache").create_replication_group(
        ReplicationGroupId=_name(), ReplicationGroupDescription="x", NumCacheClusters=2, Engine="redis"
    )["ReplicationGroup"]
    return group


def _database(clients: Clients, **arguments: Any) -> dict[str, Any]:
    cluster: dict[str, Any] = clients("rds").create_db_cluster(
        DBClusterIdentifier=_name(),
        Engine="aurora-postgresql",
        MasterUsername="x1",
        MasterUserPassword="a-password",
        **arguments,
    )["DBCluster"]
    return cluster


def codecommit_says_amazonaws_com_cn(clients: Clients) -> bool:
    repository = clients("codecommit").create_repository(repositoryName=_name())["repositoryMetadata"]
    return "amazonaws.com.cn" in repository["cloneUrlHttp"]


def codecommit_lists_repositories_and_keeps_files(clients: Clients) -> bool:
    codecommit, name = clients("codecommit"), _name()
    codecommit.create_repository(repositoryName=name)
    file = {"filePath": "a/b.txt", "fileContent": b"x"}
    codecommit.create_commit(repositoryName=name, branchName="main", putFiles=[file])
    listed = [repository["repositoryName"] for repository in codecommit.list_repositories()["repositories"]]
    content = codecommit.get_file(repositoryName=name, filePath="a/b.txt")["fileContent"]
    folders = codecommit.get_folder(repositoryName=name, folderPath="/")["subFolders"]
    return name in listed and content == b"x" and folders[0]["relativePath"] == "a"


def container_registry_says_amazonaws_com_cn(clients: Clients) -> bool:
    uri = clients("ecr").create_repository(repositoryName=_name())["repository"]["repositoryUri"]
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


def beijing_has_three_zones(clients: Clients) -> bool:
    return len(clients("ec2").describe_availability_zones()["AvailabilityZones"]) == 3


def instance_takes_its_interface_along(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), _subnet(clients)
    (instance,) = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"]
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    filters = [{"Name": "subnet-id", "Values": [subnet]}]
    return ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []


def nat_gateway_takes_its_interface_along(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), _subnet(clients)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    filters = [{"Name": "subnet-id", "Values": [subnet]}]
    return ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []


def nat_gateway_that_is_gone_is_not_found(clients: Clients) -> bool:
    try:
        clients("ec2").delete_nat_gateway(NatGatewayId="nat-0123456789abcdef0")
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "NatGatewayNotFound")
    except AttributeError:  # moto, in this process
        return False
    return False


def address_in_use_is_not_released(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), _subnet(clients)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    return _refuses(ec2.release_address, AllocationId=address)


def subnet_in_use_is_not_deleted(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), _subnet(clients)
    ec2.create_network_interface(SubnetId=subnet)
    return _refuses(ec2.delete_subnet, SubnetId=subnet)


def vpc_with_a_gateway_is_not_deleted(clients: Clients) -> bool:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    return _refuses(ec2.delete_vpc, VpcId=vpc)


def gateway_of_public_addresses_is_not_detached(clients: Clients) -> bool:
    ec2, subnet = clients("ec2"), _subnet(clients)
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    return _refuses(ec2.detach_internet_gateway, VpcId=vpc, InternetGatewayId=gateway)


def cluster_has_a_security_group(clients: Clients) -> bool:
    return "clusterSecurityGroupId" in _cluster(clients)["resourcesVpcConfig"]


def cluster_says_amazonaws_com_cn(clients: Clients) -> bool:
    return "amazonaws.com.cn" in _cluster(clients)["endpoint"]


def cluster_writes_a_log_group(clients: Clients) -> bool:
    name = _cluster(clients)["name"]
    return bool(clients("logs").describe_log_groups(logGroupNamePrefix=f"/aws/eks/{name}/")["logGroups"])


def cluster_has_addons(clients: Clients) -> bool:
    eks, cluster = clients("eks"), _cluster(clients)["name"]
    eks.create_addon(clusterName=cluster, addonName="coredns")
    addon = eks.describe_addon(clusterName=cluster, addonName="coredns")["addon"]
    eks.delete_addon(clusterName=cluster, addonName="coredns")
    return addon["status"] == "ACTIVE" and eks.list_addons(clusterName=cluster)["addons"] == []


def cluster_addons_take_identities_that_each_of_their_versions_knows(clients: Clients) -> bool:
    eks, cluster, name = clients("eks"), _cluster(clients)["name"], "aws-efs-csi-driver"
    controller, node = ({"serviceAccount": f"efs-csi-{each}-sa", "roleArn": "arn:x"} for each in ("controller", "node"))
    refused = _refuses(
        eks.create_addon, clusterName=cluster, addonName=name, podIdentityAssociations=[controller, node]
    )
    eks.create_addon(clusterName=cluster, addonName=name, podIdentityAssociations=[controller])
    eks.delete_addon(clusterName=cluster, addonName=name)
    return refused and eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []


def cluster_has_access_entries(clients: Clients) -> bool:
    eks, cluster, role = clients("eks"), _cluster(clients)["name"], "arn:aws-cn:iam::123456789012:role/a/b"
    eks.create_access_entry(clusterName=cluster, principalArn=role)
    eks.associate_access_policy(
        clusterName=cluster, principalArn=role, policyArn="arn:aws-cn:eks::aws:x", accessScope={"type": "cluster"}
    )
    policies = eks.list_associated_access_policies(clusterName=cluster, principalArn=role)["associatedAccessPolicies"]
    eks.delete_access_entry(clusterName=cluster, principalArn=role)
    return len(policies) == 1 and eks.list_access_entries(clusterName=cluster)["accessEntries"] == []


def cluster_has_pod_identities(clients: Clients) -> bool:
    eks, cluster = clients("eks"), _cluster(clients)["name"]
    place = {"clusterName": cluster, "namespace": "n", "serviceAccount": "s"}
    id_ = eks.create_pod_identity_association(**place, roleArn="arn:x")["association"]["associationId"]
    twice = _refuses(eks.create_pod_identity_association, **place, roleArn="arn:y")
    eks.delete_pod_identity_association(clusterName=cluster, associationId=id_)
    return twice and eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []


def node_group_has_the_clusters_version(clients: Clients) -> bool:
    cluster = _cluster(clients)
    group = clients("eks").create_nodegroup(
        clusterName=cluster["name"],
        nodegroupName="x",
        subnets=cluster["resourcesVpcConfig"]["subnetIds"],
        nodeRole="arn:aws-cn:iam::123456789012:role/x",
    )["nodegroup"]
    return bool(group["version"] == "1.36")


def internal_load_balancer_says_so(clients: Clients) -> bool:
    arguments = {"Name": _name(), "Subnets": [_subnet(clients)], "Scheme": "internal"}
    (made,) = clients("elbv2").create_load_balancer(**arguments)["LoadBalancers"]
    clients("elbv2").delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    host = str(made["DNSName"])
    return host.startswith("internal-") and host.endswith(".amazonaws.com.cn")


def node_group_follows_the_cluster_when_it_is_told(clients: Clients) -> bool:
    eks, cluster = clients("eks"), _cluster(clients, version="1.35")
    group = {"clusterName": cluster["name"], "nodegroupName": "x"}
    made = {
        **group,
        "subnets": cluster["resourcesVpcConfig"]["subnetIds"],
        "nodeRole": "arn:aws-cn:iam::123456789012:role/x",
    }
    other = _refuses(eks.create_nodegroup, **made, version="1.36")
    eks.create_nodegroup(**made)
    ahead = _refuses(eks.update_nodegroup_version, **group, version="1.36")
    eks.update_cluster_version(name=cluster["name"], version="1.36")
    stayed = eks.describe_nodegroup(**group)["nodegroup"]["version"] == "1.35"
    eks.update_nodegroup_version(**group, version="1.36")
    return other and ahead and stayed and eks.describe_nodegroup(**group)["nodegroup"]["version"] == "1.36"


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
    elasticache, name = clients("elasticache"), _name()
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="x", SubnetIds=[_subnet(clients)]
    )
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName=name)
    return True


def function_keeps_its_log_group(clients: Clients) -> bool:
    role = clients("iam").create_role(RoleName=_name(), AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", "")
    function = clients("lambda").create_function(
        FunctionName=_name(),
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        LoggingConfig={"LogGroup": "/mine"},
    )
    return bool(function.get("LoggingConfig", {}).get("LogGroup") == "/mine")


def bucket_that_denies_all_without_tls_is_open_to_the_rest(clients: Clients) -> bool:
    s3, bucket = clients("s3"), _name()
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
    name = _name()
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="FALSE")
    (made,) = cloudwatch.describe_alarms(AlarmNames=[name])["CompositeAlarms"]
    cloudwatch.delete_alarms(AlarmNames=[name])
    return bool(made["AlarmRule"] == "FALSE")


def groups_are_listed_below_a_path(clients: Clients) -> bool:
    iam, name = clients("iam"), _name()
    iam.create_group(GroupName=name, Path="/a/")
    return name in _names(iam.list_groups(PathPrefix="/a/")) and name not in _names(iam.list_groups(PathPrefix="/b/"))


def instance_profiles_are_listed_below_a_path(clients: Clients) -> bool:
    iam, name = clients("iam"), _name()
    iam.create_instance_profile(InstanceProfileName=name, Path="/a/")
    listed = [_names(iam.list_instance_profiles(PathPrefix=path)) for path in ("/", "/a/", "/b/")]
    iam.delete_instance_profile(InstanceProfileName=name)
    return [name in each for each in listed] == [True, True, False]


CASES = [
    address_in_use_is_not_released,
    beijing_has_three_zones,
    bucket_that_denies_all_without_tls_is_open_to_the_rest,
    cache_counts_its_members,
    cache_goes_when_it_is_deleted,
    cache_has_a_reader_endpoint_in_china,
    cache_subnet_group_can_be_deleted,
    cluster_addons_take_identities_that_each_of_their_versions_knows,
    cluster_has_access_entries,
    cluster_has_addons,
    cluster_has_a_security_group,
    cluster_has_pod_identities,
    cluster_says_amazonaws_com_cn,
    cluster_writes_a_log_group,
    codecommit_lists_repositories_and_keeps_files,
    codecommit_says_amazonaws_com_cn,
    composite_alarm_is_made,
    container_registry_says_amazonaws_com_cn,
    database_says_amazonaws_com_cn,
    database_takes_its_automated_backup_along,
    database_writes_a_log_group,
    function_keeps_its_log_group,
    gateway_of_public_addresses_is_not_detached,
    groups_are_listed_below_a_path,
    instance_profiles_are_listed_below_a_path,
    instance_takes_its_interface_along,
    internal_load_balancer_says_so,
    nat_gateway_takes_its_interface_along,
    nat_gateway_that_is_gone_is_not_found,
    node_group_follows_the_cluster_when_it_is_told,
    node_group_has_the_clusters_version,
    subnet_in_use_is_not_deleted,
    vpc_with_a_gateway_is_not_deleted,
]


def _names(listed: dict[str, Any]) -> set[str]:
    """The names of what IAM lists."""
    return {each[key] for each in next(iter(listed.values())) for key in each if key.endswith("Name")}


def _refuses(operation: Callable[..., Any], **arguments: Any) -> bool:
    try:
        operation(**arguments)
    except ClientError:
        return True
    return False
