"""What moto lacks of what changes later: see moto_cases.py."""

from __future__ import annotations

from typing import Any

from tests.sandbox.moto_things import Clients, new_cluster, new_name, new_subnet, refuses


def _group(clients: Clients, **arguments: Any) -> str:
    group: str = clients("elasticache").create_replication_group(
        ReplicationGroupId=new_name(), ReplicationGroupDescription="x", ReplicasPerNodeGroup=1, **arguments
    )["ReplicationGroup"]["ReplicationGroupId"]
    return group


def cache_has_more_replicas_and_fewer(clients: Clients) -> bool:
    elasticache, id_ = clients("elasticache"), _group(clients, Engine="redis")
    which = {"ReplicationGroupId": id_, "ApplyImmediately": True}

    def members() -> int:
        (group,) = elasticache.describe_replication_groups(ReplicationGroupId=id_)["ReplicationGroups"]
        return len(group["MemberClusters"])

    elasticache.increase_replica_count(**which, NewReplicaCount=3)
    more = members()
    elasticache.decrease_replica_count(**which, NewReplicaCount=0)
    return (more, members()) == (4, 1) and refuses(elasticache.decrease_replica_count, **which, NewReplicaCount=2)


def cache_gets_a_newer_engine_and_never_an_older_one(clients: Clients) -> bool:
    elasticache, id_ = clients("elasticache"), _group(clients, Engine="redis", EngineVersion="7.1")
    modify, which = elasticache.modify_replication_group, {"ReplicationGroupId": id_}
    modify(**which, Engine="valkey", EngineVersion="8.0")
    return refuses(modify, **which, EngineVersion="7.2") and refuses(modify, **which, Engine="redis")


def cache_subnet_group_stays_in_its_vpc(clients: Clients) -> bool:
    elasticache = clients("elasticache")
    which = {"CacheSubnetGroupName": new_name(), "CacheSubnetGroupDescription": "x"}
    subnet = new_subnet(clients)
    elasticache.create_cache_subnet_group(**which, SubnetIds=[subnet])
    elasticache.modify_cache_subnet_group(**which, SubnetIds=[subnet])
    return refuses(elasticache.modify_cache_subnet_group, **which, SubnetIds=[new_subnet(clients)])


def database_subnet_group_stays_in_its_vpc(clients: Clients) -> bool:
    rds, subnet = clients("rds"), new_subnet(clients)
    which = {"DBSubnetGroupName": new_name(), "DBSubnetGroupDescription": "x"}
    rds.create_db_subnet_group(**which, SubnetIds=[subnet])
    rds.modify_db_subnet_group(**which, SubnetIds=[subnet])
    rds.describe_db_subnet_groups(DBSubnetGroupName=which["DBSubnetGroupName"])  # an error, where it is forgotten
    return refuses(rds.modify_db_subnet_group, **which, SubnetIds=[new_subnet(clients)])


def database_sends_other_logs(clients: Clients) -> bool:
    rds, which = clients("rds"), {"DBClusterIdentifier": new_name()}
    admin = {"MasterUsername": "x1", "MasterUserPassword": "a-password"}
    rds.create_db_cluster(**which, **admin, Engine="aurora-postgresql", EnableCloudwatchLogsExports=["postgresql"])
    rds.modify_db_cluster(**which, CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]})
    (cluster,) = rds.describe_db_clusters(**which)["DBClusters"]
    return cluster["EnabledCloudwatchLogsExports"] == []


def event_subscription_changes(clients: Clients) -> bool:
    rds, which = clients("rds"), {"SubscriptionName": new_name()}
    rds.create_event_subscription(**which, SnsTopicArn="arn:x", SourceType="db-cluster", SourceIds=["a", "b"])
    rds.add_source_identifier_to_subscription(**which, SourceIdentifier="c")
    rds.remove_source_identifier_from_subscription(**which, SourceIdentifier="a")
    rds.modify_event_subscription(**which, EventCategories=["failover"])
    (found,) = rds.describe_event_subscriptions(**which)["EventSubscriptionsList"]
    return (found["SourceIdsList"], found["EventCategoriesList"]) == (["b", "c"], ["failover"])


def access_entry_changes(clients: Clients) -> bool:
    eks, role = clients("eks"), "arn:aws-cn:iam::123456789012:role/a/b"
    which = {"clusterName": new_cluster(clients)["name"], "principalArn": role}
    eks.create_access_entry(**which)
    eks.update_access_entry(**which, kubernetesGroups=["readers"])
    for name, scope in (("x", "cluster"), ("y", "cluster"), ("y", "namespace")):
        policy = f"arn:aws-cn:eks::aws:cluster-access-policy/{name}"
        eks.associate_access_policy(**which, policyArn=policy, accessScope={"type": scope})
    eks.disassociate_access_policy(**which, policyArn="arn:aws-cn:eks::aws:cluster-access-policy/x")
    (left,) = eks.list_associated_access_policies(**which)["associatedAccessPolicies"]
    groups = eks.describe_access_entry(**which)["accessEntry"]["kubernetesGroups"]
    eks.delete_access_entry(**which)
    return (left["accessScope"]["type"], groups) == ("namespace", ["readers"])


def cluster_stays_in_its_vpc(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients)
    same = {"subnetIds": cluster["resourcesVpcConfig"]["subnetIds"]}
    eks.update_cluster_config(name=cluster["name"], resourcesVpcConfig=same)
    other = {"subnetIds": [new_subnet(clients)]}
    return refuses(eks.update_cluster_config, name=cluster["name"], resourcesVpcConfig=other)


def cluster_changes_how_long_it_is_supported(clients: Clients) -> bool:
    eks, cluster = clients("eks"), new_cluster(clients)
    before = cluster.get("upgradePolicy", {}).get("supportType")
    eks.update_cluster_config(name=cluster["name"], upgradePolicy={"supportType": "STANDARD"})
    after = eks.describe_cluster(name=cluster["name"])["cluster"]
    return (before, after.get("upgradePolicy", {}).get("supportType")) == ("EXTENDED", "STANDARD")


def budget_changes(clients: Clients) -> bool:
    budgets, name = clients("budgets"), new_name()

    def of(amount: str) -> dict[str, Any]:
        limit = {"Amount": amount, "Unit": "CNY"}
        return {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}

    which = {"AccountId": "123456789012"}
    budgets.create_budget(**which, Budget=of("1"))
    budgets.update_budget(**which, NewBudget=of("2"))
    amount = budgets.describe_budget(**which, BudgetName=name)["Budget"]["BudgetLimit"]["Amount"]
    budgets.delete_budget(**which, BudgetName=name)
    return bool(float(amount) == 2)


def hosted_zones_begin_with_a_z(clients: Clients) -> bool:
    make = clients("route53").create_hosted_zone
    zones = [make(Name="example.com", CallerReference=new_name())["HostedZone"]["Id"] for _ in range(5)]
    return all(zone.startswith("/hostedzone/Z") for zone in zones)


CASES = [
    access_entry_changes,
    budget_changes,
    cache_gets_a_newer_engine_and_never_an_older_one,
    cache_has_more_replicas_and_fewer,
    cache_subnet_group_stays_in_its_vpc,
    cluster_changes_how_long_it_is_supported,
    cluster_stays_in_its_vpc,
    database_sends_other_logs,
    database_subnet_group_stays_in_its_vpc,
    event_subscription_changes,
    hosted_zones_begin_with_a_z,
]
