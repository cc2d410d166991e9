"""What ``ops status`` tells: where Airflow is, what is deployed in which version, what runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ops import names
from ops.aws import Aws
from ops.entry import find_entry
from ops.kubernetes_api import APPS, KubernetesApi, named
from ops.stack import DeployedStack, templates

_HELM = "Custom::AWSCDK-EKS-HelmChart"
AIRFLOW_VERSION = re.compile(r'\\*"airflowVersion\\*":\s*\\*"(?P<version>[\w.+-]+?)\\*"')


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line: what it is about, and what there is to say."""

    group: str
    about: str
    value: str


def access(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """The URL, the administrator, the cluster, the repository."""
    cluster = stack.output("ClusterName")
    entry = find_entry(aws, cluster)
    where = "no load balancer yet" if entry is None else entry.url
    if entry is not None and entry.internal:
        where += f" (within the VPC; from elsewhere: {names.PORT_FORWARD})"
    secret = stack.output("AdminSecretArn")
    show = f"aws secretsmanager get-secret-value --region {aws.region} --secret-id {secret}"
    for about, value in {
        "URL": where,
        "administrator": f"name and password are in Secrets Manager, {secret}",
        "show the password": f"{show} --query SecretString --output text",
        "kubectl": stack.output("KubeconfigCommand"),
        "DAG repository": stack.output("DagRepositoryUrl"),
        "task logs": f"s3://{stack.output('LogBucketName')}/{names.TASK_LOG_PREFIX}/",
    }.items():
        yield Fact(group="Access", about=about, value=value)


def stack_state(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """The stack, and whether it can be deleted."""
    protected = "protected against deletion" if stack.termination_protection else "not protected against deletion"
    yield Fact(group="Stack", about=stack.name, value=f"{stack.status}, {protected}; {stack.description}")
    yield Fact(group="Stack", about="account, region", value=f"{aws.account}, {aws.region}")


def releases(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """Airflow, and the Helm releases, as the deployed templates say."""
    for template in templates(aws, stack):
        for resource in template["Resources"].values():
            if resource["Type"] != _HELM:
                continue
            properties = resource["Properties"]
            yield Fact(group="Helm releases", about=properties["Release"], value=str(properties["Version"]))
            airflow = AIRFLOW_VERSION.search(json.dumps(properties.get("Values", "")))
            if properties["Release"] == names.RELEASE and airflow:
                yield Fact(group="Versions", about="Apache Airflow", value=airflow["version"])


def cluster(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """Kubernetes and the nodes."""
    eks, name = aws.client("eks"), stack.output("ClusterName")
    described = eks.describe_cluster(name=name)["cluster"]
    platform = described.get("platformVersion", "")
    yield Fact(group="Versions", about="Kubernetes", value=f"{described['version']} {platform}".strip())
    yield Fact(group="Runs", about=f"cluster {name}", value=described["status"])
    for physical_id in stack.of_type("AWS::EKS::Nodegroup"):
        group = eks.describe_nodegroup(clusterName=name, nodegroupName=physical_id.rpartition("/")[2])["nodegroup"]
        size, types = group["scalingConfig"]["desiredSize"], ", ".join(group.get("instanceTypes", ()))
        yield Fact(group="Runs", about="system nodes", value=f"{group['status']}, {size} of {types}")


def addons(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """EKS add-ons."""
    eks, name = aws.client("eks"), stack.output("ClusterName")
    for physical_id in stack.of_type("AWS::EKS::Addon"):
        addon = eks.describe_addon(clusterName=name, addonName=physical_id.rpartition("|")[2])["addon"]
        yield Fact(group="Add-ons", about=addon["addonName"], value=f"{addon['addonVersion']}, {addon['status']}")


def database(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """Aurora."""
    id_ = stack.the("AWS::RDS::DBCluster")
    described = aws.client("rds").describe_db_clusters(DBClusterIdentifier=id_)["DBClusters"][0]
    yield Fact(group="Versions", about="Aurora PostgreSQL", value=described["EngineVersion"])
    members = len(described.get("DBClusterMembers", ()))
    yield Fact(group="Runs", about="database", value=f"{described['Status']}, {members} instances")


def queue(aws: Aws, stack: DeployedStack) -> Iterator[Fact]:
    """ElastiCache."""
    elasticache, id_ = aws.client("elasticache"), stack.the("AWS::ElastiCache::ReplicationGroup")
    group = elasticache.describe_replication_groups(ReplicationGroupId=id_)["ReplicationGroups"][0]
    members = group.get("MemberClusters", ())
    yield Fact(group="Runs", about="queue", value=f"{group['Status']}, {len(members)} nodes")
    if members:
        node = elasticache.describe_cache_clusters(CacheClusterId=members[0])["CacheClusters"][0]
        about = str(group.get("Engine") or node["Engine"]).capitalize()
        yield Fact(group="Versions", about=about, value=node["EngineVersion"])


def workloads(api: KubernetesApi) -> Iterator[Fact]:
    """Airflow's processes, as Kubernetes sees them."""
    for kind in ("deployments", "statefulsets"):
        for each in api.list(APPS, kind, names.AIRFLOW_NAMESPACE):
            ready, wanted = each.get("status", {}).get("readyReplicas", 0), each["spec"].get("replicas", 1)
            yield Fact(group="Runs", about=named(each), value=f"{ready} of {wanted} ready")
