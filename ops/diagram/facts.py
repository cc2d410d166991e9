"""What the picture shows, read from a synthesized platform. Nothing is on it that is not found here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ops.contents import Contents
from ops.diagram.kinds import Broker, Database, Entry, Facts, Network, Pool, Repository, Team, Workers
from ops.errors import OpsError
from ops.names import TASK_PODS, TEAM_NAMESPACE

_AIRFLOW = "airflow"
_SERVICES, _WORKERS = "airflow-services", "airflow-workers"
_CAPACITY = "karpenter.sh/capacity-type"
_KINDS = ("public", "private", "data")


def read_facts(contents: Contents) -> Facts:
    """Read them. Raises OpsError where the application is not this platform."""
    if _AIRFLOW not in contents.releases:
        raise OpsError("the synthesized application has no release of Airflow")
    values = contents.releases[_AIRFLOW].values
    cluster, nodes = _one(contents, "AWS::EKS::Cluster"), _one(contents, "AWS::EKS::Nodegroup")
    database, broker = _one(contents, "AWS::RDS::DBCluster"), _one(contents, "AWS::ElastiCache::ReplicationGroup")
    quotas = [_team(each) for each in contents.objects("ResourceQuota")]
    instances = [resource.properties for resource in contents.resources("AWS::RDS::DBInstance")]
    return Facts(
        name=contents.assembly.root.name,
        region=contents.assembly.region,
        stacks=tuple(stack.name for stack in contents.assembly.nested),
        airflow=values["airflowVersion"],
        kubernetes=cluster["Version"],
        private_images=".dkr.ecr." in values["images"]["gitSync"]["repository"],
        network=_network(contents, cluster),
        repository=_repository(contents, values),
        entry=_entry(values),
        replicas={
            key: values[key].get("replicas", 1)
            for key in ("apiServer", "scheduler", "triggerer", "dagProcessor", "pgbouncer")
        },
        workers=_workers(values),
        pools=_pools(contents),
        system_nodes=nodes["ScalingConfig"]["MinSize"],
        system_type=", ".join(nodes["InstanceTypes"]),
        database=Database(
            version=str(database["EngineVersion"]),
            instance_class=instances[0]["DBInstanceClass"],
            instances=len(instances),
        ),
        broker=Broker(
            engine=broker["Engine"],
            version=str(broker["EngineVersion"]),
            node_type=broker["CacheNodeType"],
            nodes=broker.get("NumCacheClusters", 1),
        ),
        task_logs=values["config"]["logging"]["remote_base_log_folder"].startswith("s3://"),
        spark_bucket=any(bucket.id.startswith("Spark") for bucket in contents.resources("AWS::S3::Bucket")),
        made_by=contents.made_by,
        releases={release.name: release.stack for release in contents.releases.values()},
        teams=tuple(sorted((each for each in quotas if each.name != TASK_PODS), key=lambda team: team.name)),
        task_pods=next((each for each in quotas if each.name == TASK_PODS), None),
    )


def _one(contents: Contents, type_: str) -> Mapping[str, Any]:
    found = contents.resources(type_)
    if len(found) != 1:
        raise OpsError(f"the synthesized application has {len(found)} resources {type_}; this platform has one")
    return found[0].properties


def _network(contents: Contents, cluster: Mapping[str, Any]) -> Network:
    ranges: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for stack in contents.assembly.nested:
        for id_, body in stack.template["Resources"].items():
            kind = next((kind for kind in _KINDS if f"{kind}Subnet" in id_), None)
            if body["Type"] == "AWS::EC2::Subnet" and kind:
                ranges[kind].append(body["Properties"]["CidrBlock"])
    zones = len(cluster["ResourcesVpcConfig"]["SubnetIds"])
    endpoints = [resource.properties.get("VpcEndpointType") for resource in contents.resources("AWS::EC2::VPCEndpoint")]
    groups = [resource.properties for resource in contents.resources("AWS::EC2::SecurityGroup")]
    return Network(
        existing="" if contents.count("AWS::EC2::VPC") else str(groups[0]["VpcId"]),
        zones=tuple(
            {kind: found[index] for kind, found in ranges.items() if index < len(found)} for index in range(zones)
        ),
        nat_gateways=contents.count("AWS::EC2::NatGateway"),
        interface_endpoints=endpoints.count("Interface"),
        gateway_endpoints=len(endpoints) - endpoints.count("Interface"),
    )


def _repository(contents: Contents, values: Mapping[str, Any]) -> Repository:
    url, delivery = _git(values)
    codecommit = "git-codecommit" in url
    parts = urlsplit(url)
    name = parts.path.rpartition("/")[2] if codecommit else parts.hostname or url
    made = contents.count("AWS::CodeCommit::Repository") > 0
    return Repository(
        # Of one that is made, without the part of its stack's id, which is known when that is there.
        name=f"{contents.assembly.root.name}-dags" if made else name,
        codecommit=codecommit,
        made=made,
        delivery=delivery,
    )


def _git(values: Mapping[str, Any]) -> tuple[str, str]:
    """URL of the DAGs' repository, and how they reach the pods."""
    if values["dags"]["persistence"]["enabled"]:
        return values["dags"]["gitSync"]["repo"], "efs"
    for variable in values.get("env", ()):
        if variable["name"] == "AIRFLOW_CONN_GIT_DEFAULT":
            return variable["value"].partition('"host": "')[2].partition('"')[0], "bundle"
    for container in values["dagProcessor"]["extraInitContainers"]:
        for variable in container.get("env", ()):
            if variable["name"] == "GITSYNC_REPO":
                return variable["value"], "sidecar"
    raise OpsError("the release of Airflow has no repository of DAGs")


def _entry(values: Mapping[str, Any]) -> Entry:
    ingress = values["ingress"]["apiServer"]
    annotations = {key.rpartition("/")[2]: text for key, text in ingress["annotations"].items()}
    host = next(iter(ingress["hosts"]), "")
    return Entry(
        scheme=annotations["scheme"],
        listens="HTTPS" if "HTTPS" in annotations["listen-ports"] else "HTTP",
        host=host if isinstance(host, str) else host["name"],
        firewall="wafv2-acl-arn" in annotations,
    )


def _workers(values: Mapping[str, Any]) -> tuple[Workers, ...]:
    found = []
    for each in values["workers"]["celery"]["sets"]:
        asked = each["resources"]["requests"]
        found.append(
            Workers(
                queue=each["queue"],
                size=f"{asked['cpu']} CPU, {asked['memory']} each",
                least=each["keda"]["minReplicaCount"],
                most=each["keda"]["maxReplicaCount"],
            )
        )
    return tuple(found)


def _team(quota: Mapping[str, Any]) -> Team:
    hard = quota["spec"]["hard"]
    return Team(
        name=quota["metadata"]["namespace"].removeprefix(TEAM_NAMESPACE),
        quota=f"{hard['requests.cpu']} CPU, {hard['requests.memory']}, {hard['pods']} pods",
    )


def _pools(contents: Contents) -> tuple[Pool, ...]:
    found = []
    for pool in contents.objects("NodePool"):
        requirements = {each["key"]: each["values"] for each in pool["spec"]["template"]["spec"]["requirements"]}
        found.append(
            Pool(
                name=pool["metadata"]["name"],
                capacity=tuple(requirements[_CAPACITY]),
                cpu=pool["spec"].get("limits", {}).get("cpu", ""),
            )
        )
    return tuple(found)
