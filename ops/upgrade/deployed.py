"""What has to be settled first: a deployment that is not whole takes no upgrade."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.aws import Aws
from ops.checks import Findings, failure, ok, verdict, warning
from ops.stack import DeployedStack
from ops.upgrade.subject import Live, Upgrade

_CHECK = "deployed state"
_READY = {"ACTIVE", "available", "AVAILABLE"}


def state(upgrade: Upgrade) -> Findings:
    """The stack, and what an upgrade changes by AWS' own hand.

    Raises NotCheckedError where there is no deployment to ask.
    """
    live = upgrade.deployment
    yield from _stack(live.stack)
    faults = [fault for look in _LOOKS.values() for fault in look(live)]
    looked = sum(len(live.stack.of_type(type_)) for type_ in _LOOKS)
    yield verdict(
        _CHECK,
        f"cluster, node groups, add-ons, database and queue: {looked} looked at, all of them settled",
        faults=faults,
        advice="Wait, or mend it first: AWS refuses a change of what it is changing, and drains no node whose group "
        "is degraded.",
    )


def _stack(stack: DeployedStack) -> Findings:
    status = stack.status
    if status.endswith("_IN_PROGRESS"):
        yield failure("stack", f"{status}: a deployment is under way", "Wait until it has ended.")
    elif status == "UPDATE_ROLLBACK_FAILED":
        yield failure(
            "stack",
            f"{status}: {stack.status_reason or 'it could not go back'}",
            "Mend what stands in the way, then `cdk rollback`. What cannot go back, a newer Kubernetes say: "
            f"aws cloudformation continue-update-rollback --stack-name {stack.name} --resources-to-skip "
            "NESTED_STACK_NAME.LOGICAL_ID",
        )
    elif status.endswith("FAILED"):
        yield warning("stack", f"{status}: {stack.status_reason}", "The next deployment goes on from there.")
    else:
        yield ok("stack", status)


def _clusters(live: Live) -> Iterator[str]:
    eks = live.aws.client("eks")
    for name in live.stack.of_type("AWS::EKS::Cluster"):
        yield from _unsettled(f"cluster {name}", eks.describe_cluster(name=name)["cluster"])


def _node_groups(live: Live) -> Iterator[str]:
    eks, cluster = live.aws.client("eks"), live.stack.output("ClusterName")
    for physical_id in live.stack.of_type("AWS::EKS::Nodegroup"):
        name = physical_id.rpartition("/")[2]
        group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        yield from _unsettled(f"node group {name}", group)


def _addons(live: Live) -> Iterator[str]:
    eks, cluster = live.aws.client("eks"), live.stack.output("ClusterName")
    for physical_id in live.stack.of_type("AWS::EKS::Addon"):
        name = physical_id.rpartition("|")[2]
        yield from _unsettled(f"add-on {name}", eks.describe_addon(clusterName=cluster, addonName=name)["addon"])


def _databases(live: Live) -> Iterator[str]:
    for id_ in live.stack.of_type("AWS::RDS::DBCluster"):
        for found in _asked(live.aws, "rds", "describe_db_clusters", "DBClusters", DBClusterIdentifier=id_):
            yield from _unsettled(f"database {id_}", found)
            if found.get("PendingModifiedValues"):
                waiting = ", ".join(sorted(found["PendingModifiedValues"]))
                yield f"database {id_}: {waiting} waits for the maintenance window"


def _queues(live: Live) -> Iterator[str]:
    for id_ in live.stack.of_type("AWS::ElastiCache::ReplicationGroup"):
        found = _asked(
            live.aws, "elasticache", "describe_replication_groups", "ReplicationGroups", ReplicationGroupId=id_
        )
        for each in found:
            yield from _unsettled(f"queue {id_}", each)


_LOOKS: Mapping[str, Callable[[Live], Iterator[str]]] = {
    "AWS::EKS::Cluster": _clusters,
    "AWS::EKS::Nodegroup": _node_groups,
    "AWS::EKS::Addon": _addons,
    "AWS::RDS::DBCluster": _databases,
    "AWS::ElastiCache::ReplicationGroup": _queues,
}


def _asked(aws: Aws, service: str, operation: str, items: str, **arguments: str) -> list[Mapping[str, Any]]:
    answer = getattr(aws.client(service), operation)(**arguments)
    found: list[Mapping[str, Any]] = answer[items]
    return found


def _unsettled(name: str, described: Mapping[str, Any]) -> Iterator[str]:
    status = str(described.get("status") or described.get("Status") or "ACTIVE")
    if status not in _READY:
        yield f"{name} is {status}"
    issues = described.get("health", {}).get("issues", ())
    yield from (f"{name}: {issue.get('code')} {issue.get('message', '')}".strip() for issue in issues)
