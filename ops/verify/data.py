"""What holds data: database, queue, file system, key, the administrator's secret."""

from __future__ import annotations

from ops.checks import Findings, failure, ok, verdict
from ops.verify.subject import Deployment

_KEY, _DATABASE, _INSTANCE = "AWS::KMS::Key", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"
_QUEUE, _FILE_SYSTEM = "AWS::ElastiCache::ReplicationGroup", "AWS::EFS::FileSystem"
_MOUNT_TARGET, _ACCESS_POINT = "AWS::EFS::MountTarget", "AWS::EFS::AccessPoint"
_CONSOLE = "Look at it in the console; `cdk deploy` brings back what the stack says."


def key(subject: Deployment) -> Findings:
    """The deployment's key, without which nothing else can be read."""
    for id_ in subject.stack.of_type(_KEY):
        state = subject.aws.client("kms").describe_key(KeyId=id_)["KeyMetadata"]["KeyState"]
        faults = [] if state == "Enabled" else [f"{id_} is {state}"]
        advice = f"Run: aws kms cancel-key-deletion --key-id {id_}, and: aws kms enable-key --key-id {id_}"
        yield verdict("encryption key", "enabled", faults=faults, advice=advice)


def database(subject: Deployment) -> Findings:
    """Aurora: writer and readers available, encrypted, nobody in without TLS."""
    rds, id_ = subject.aws.client("rds"), subject.stack.the(_DATABASE)
    cluster = rds.describe_db_clusters(DBClusterIdentifier=id_)["DBClusters"][0]
    faults = [] if cluster["Status"] == "available" else [f"it is {cluster['Status']}"]
    if not cluster.get("StorageEncrypted"):
        faults.append("its storage is not encrypted")
    instances = subject.stack.of_type(_INSTANCE)
    for instance_id in instances:
        instance = rds.describe_db_instances(DBInstanceIdentifier=instance_id)["DBInstances"][0]
        if instance["DBInstanceStatus"] != "available":
            faults.append(f"instance {instance_id} is {instance['DBInstanceStatus']}")
        if instance.get("PubliclyAccessible"):
            faults.append(f"instance {instance_id} has a public address")
    told = f"available, {cluster['Engine']} {cluster['EngineVersion']}, {len(instances)} instances, encrypted"
    stopped = "Run: aws rds start-db-cluster --db-cluster-identifier " + id_
    yield verdict("database", told, faults=faults, advice=stopped if cluster["Status"] == "stopped" else _CONSOLE)

    group = cluster["DBClusterParameterGroup"]
    parameters = subject.aws.pages(
        "rds", "describe_db_cluster_parameters", "Parameters", DBClusterParameterGroupName=group, Source="user"
    )
    forced = {each["ParameterName"]: each.get("ParameterValue") for each in parameters}.get("rds.force_ssl")
    if forced == "1":
        yield ok("database: TLS", "forced (rds.force_ssl=1)")
    else:
        yield failure("database: TLS", f"not forced: rds.force_ssl is {forced or 'unset'} in {group}", _CONSOLE)


def queue(subject: Deployment) -> Findings:
    """ElastiCache: available, TLS and AUTH asked for, and a replica to fail over to where there is one."""
    id_ = subject.stack.the(_QUEUE)
    elasticache = subject.aws.client("elasticache")
    group = elasticache.describe_replication_groups(ReplicationGroupId=id_)["ReplicationGroups"][0]
    faults = [] if group["Status"] == "available" else [f"it is {group['Status']}"]
    for fault, good in (
        ("it takes connections without TLS", group.get("TransitEncryptionEnabled")),
        ("it does not force TLS", group.get("TransitEncryptionMode", "required") == "required"),
        ("it asks for no password", group.get("AuthTokenEnabled")),
        ("it is not encrypted at rest", group.get("AtRestEncryptionEnabled")),
        ("cluster mode is on, on which Celery fails", not group.get("ClusterEnabled")),
    ):
        if not good:
            faults.append(fault)
    members = group.get("MemberClusters", ())
    if len(members) > 1 and group.get("AutomaticFailover") != "enabled":
        faults.append(f"automatic failover is {group.get('AutomaticFailover')}")
    told = f"available, {group.get('CacheNodeType', '')}, {len(members)} nodes, TLS and password required"
    yield verdict("queue", told, faults=faults, advice=_CONSOLE)


def file_system(subject: Deployment) -> Findings:
    """EFS, where it carries the DAGs: available, encrypted, with its mount targets and the DAGs' access point."""
    if not subject.stack.of_type(_FILE_SYSTEM):
        return
    efs, id_ = subject.aws.client("efs"), subject.stack.the(_FILE_SYSTEM)
    described = efs.describe_file_systems(FileSystemId=id_)["FileSystems"][0]
    faults = [] if described["LifeCycleState"] == "available" else [f"it is {described['LifeCycleState']}"]
    if not described.get("Encrypted"):
        faults.append("it is not encrypted")
    yield verdict("file system", f"{id_} available, encrypted", faults=faults, advice=_CONSOLE)

    wanted = subject.stack.of_type(_MOUNT_TARGET)
    targets = {each["MountTargetId"]: each for each in efs.describe_mount_targets(FileSystemId=id_)["MountTargets"]}
    faults = [f"{target} does not exist" for target in wanted if target not in targets]
    faults += [
        f"{target} is {targets[target]['LifeCycleState']}"
        for target in wanted
        if target in targets and targets[target]["LifeCycleState"] != "available"
    ]
    where = ", ".join(sorted(each.get("AvailabilityZoneName", each["SubnetId"]) for each in targets.values()))
    yield verdict("mount targets", f"{len(wanted)} available: {where}", faults=faults, advice=_CONSOLE)

    points = {
        each["AccessPointId"]: each["LifeCycleState"]
        for each in efs.describe_access_points(FileSystemId=id_)["AccessPoints"]
    }
    for point in subject.stack.of_type(_ACCESS_POINT):
        state = points.get(point, "missing")
        faults = [] if state == "available" else [f"{point} is {state}"]
        yield verdict("access point", f"{point} available", faults=faults, advice=_CONSOLE)


def admin_secret(subject: Deployment) -> Findings:
    """The administrator's password is there. It is not read."""
    arn = subject.stack.output("AdminSecretArn")
    described = subject.aws.client("secretsmanager").describe_secret(SecretId=arn)
    stages = [stage for version in described.get("VersionIdsToStages", {}).values() for stage in version]
    faults = []
    if described.get("DeletedDate"):
        faults.append("it is to be deleted")
    if "AWSCURRENT" not in stages:
        faults.append("it has no value")
    advice = f"Run: aws secretsmanager restore-secret --secret-id {arn}"
    yield verdict("administrator's secret", described["Name"], faults=faults, advice=advice)
