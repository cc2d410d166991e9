"""What of an account's limits is in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ops.aws import Aws
from ops.preflight.needs import is_standard
from ops.preflight.subject import Preflight

# An instance counts from the moment it is asked for until it is stopped.
_COUNTED = ["pending", "running"]
# How many types EC2 describes in one call.
_TYPES_PER_CALL = 100


def vpcs(subject: Preflight) -> int:
    """VPCs of the region."""
    return sum(1 for _ in subject.aws.pages("ec2", "describe_vpcs", "Vpcs"))


def internet_gateways(subject: Preflight) -> int:
    """Internet gateways of the region."""
    return sum(1 for _ in subject.aws.pages("ec2", "describe_internet_gateways", "InternetGateways"))


def elastic_ips(subject: Preflight) -> int:
    """Elastic IP addresses of the region."""
    return len(subject.aws.client("ec2").describe_addresses()["Addresses"])


def nat_gateways(subject: Preflight) -> int:
    """NAT gateways in that of the chosen zones which has most."""
    states = [{"Name": "state", "Values": ["pending", "available", "deleting"]}]
    gateways = list(subject.aws.pages("ec2", "describe_nat_gateways", "NatGateways", Filters=states))
    if not gateways:
        return 0
    ids = sorted({gateway["SubnetId"] for gateway in gateways})
    subnets = subject.aws.pages("ec2", "describe_subnets", "Subnets", SubnetIds=ids)
    zone_of = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets}
    per_zone = Counter(zone_of[gateway["SubnetId"]] for gateway in gateways)
    return max(per_zone[zone] for zone in subject.chosen_zones)


def on_demand_vcpus(subject: Preflight) -> int:
    """VCPUs of running Standard on-demand instances."""
    return _vcpus_in_use(subject.aws, spot=False)


def spot_vcpus(subject: Preflight) -> int:
    """VCPUs of running Standard spot instances."""
    return _vcpus_in_use(subject.aws, spot=True)


def clusters(subject: Preflight) -> int:
    """EKS clusters of the region."""
    return sum(1 for _ in subject.aws.pages("eks", "list_clusters", "clusters"))


def database_clusters(subject: Preflight) -> int:
    """Aurora clusters of the region."""
    return sum(1 for _ in subject.aws.pages("rds", "describe_db_clusters", "DBClusters"))


def database_instances(subject: Preflight) -> int:
    """Database instances of the region."""
    return sum(1 for _ in subject.aws.pages("rds", "describe_db_instances", "DBInstances"))


def cache_nodes(subject: Preflight) -> int:
    """ElastiCache nodes of the region."""
    found = subject.aws.pages("elasticache", "describe_cache_clusters", "CacheClusters")
    return sum(cluster.get("NumCacheNodes", 1) for cluster in found)


def load_balancers(subject: Preflight) -> int:
    """Application Load Balancers of the region."""
    found = subject.aws.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    return sum(1 for balancer in found if balancer["Type"] == "application")


def reserved_executions(subject: Preflight) -> int:
    """Executions of AWS Lambda that functions of the region keep for themselves."""
    limit = lambda_limit(subject.aws)
    return limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"]


def executions(aws: Aws) -> int:
    """Executions of AWS Lambda that the account may have at once. Service Quotas may know only the general limit."""
    return lambda_limit(aws)["ConcurrentExecutions"]


def lambda_limit(aws: Aws) -> dict[str, int]:
    """What AWS Lambda itself says of the account."""
    limit: dict[str, int] = aws.client("lambda").get_account_settings()["AccountLimit"]
    return limit


def vcpus_of(aws: Aws, instance_types: Iterable[str]) -> dict[str, int]:
    """VCPUs of instance types, which is what EC2 counts."""
    types = sorted(set(instance_types))
    ec2 = aws.client("ec2")
    return {
        described["InstanceType"]: described["VCpuInfo"]["DefaultVCpus"]
        for start in range(0, len(types), _TYPES_PER_CALL)
        for described in ec2.describe_instance_types(InstanceTypes=types[start : start + _TYPES_PER_CALL])[
            "InstanceTypes"
        ]
    }


def _vcpus_in_use(aws: Aws, *, spot: bool) -> int:
    states = [{"Name": "instance-state-name", "Values": _COUNTED}]
    types = Counter(
        instance["InstanceType"]
        for reservation in aws.pages("ec2", "describe_instances", "Reservations", Filters=states)
        for instance in reservation["Instances"]
        if is_standard(instance["InstanceType"]) and (instance.get("InstanceLifecycle") == "spot") is spot
    )
    each = vcpus_of(aws, types)
    return sum(count * each[type_] for type_, count in types.items())
