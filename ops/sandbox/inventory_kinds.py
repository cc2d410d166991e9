"""How each kind of resource is listed that a deployment could leave behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.sandbox.regions import ACCOUNT

Item = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource, and how it is listed."""

    name: str
    service: str
    operation: str
    items: str
    identifier: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    is_gone: Callable[[Item], bool] = lambda _item: False
    """AWS goes on listing some of what was deleted."""


def _in_state(*states: str) -> Callable[[Item], bool]:
    return lambda item: item.get("State") in states


def _all_terminated(reservation: Item) -> bool:
    return all(instance["State"]["Name"] == "terminated" for instance in reservation["Instances"])


def _ec2(name: str, operation: str, items: str, identifier: str, **rest: Any) -> Kind:
    return Kind(name=name, service="ec2", operation=operation, items=items, identifier=identifier, **rest)


KINDS: tuple[Kind, ...] = (
    Kind(
        name="alarm",
        service="cloudwatch",
        operation="describe_alarms",
        items="MetricAlarms",
        identifier="AlarmName",
    ),
    Kind(
        name="alarm, composite",
        service="cloudwatch",
        operation="describe_alarms",
        items="CompositeAlarms",
        identifier="AlarmName",
    ),
    Kind(
        name="dashboard",
        service="cloudwatch",
        operation="list_dashboards",
        items="DashboardEntries",
        identifier="DashboardName",
    ),
    Kind(
        name="event subscription of databases",
        service="rds",
        operation="describe_event_subscriptions",
        items="EventSubscriptionsList",
        identifier="CustSubscriptionId",
    ),
    Kind(
        name="subscription",
        service="sns",
        operation="list_subscriptions",
        items="Subscriptions",
        identifier="SubscriptionArn",
    ),
    Kind(
        name="target group",
        service="elbv2",
        operation="describe_target_groups",
        items="TargetGroups",
        identifier="TargetGroupName",
    ),
    _ec2("address", "describe_addresses", "Addresses", "AllocationId"),
    _ec2("flow log", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    _ec2("instance", "describe_instances", "Reservations", "ReservationId", is_gone=_all_terminated),
    _ec2("internet gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    _ec2("launch template", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    _ec2("NAT gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId", is_gone=_in_state("deleted")),
    _ec2("network interface", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    _ec2("route table", "describe_route_tables", "RouteTables", "RouteTableId"),
    _ec2("security group", "describe_security_groups", "SecurityGroups", "GroupId"),
    _ec2("subnet", "describe_subnets", "Subnets", "SubnetId"),
    _ec2("volume", "describe_volumes", "Volumes", "VolumeId"),
    _ec2("VPC", "describe_vpcs", "Vpcs", "VpcId"),
    _ec2("VPC endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", is_gone=_in_state("deleted")),
    Kind(
        name="budget",
        service="budgets",
        operation="describe_budgets",
        items="Budgets",
        identifier="BudgetName",
        arguments={"AccountId": ACCOUNT},
    ),
    Kind(name="bucket", service="s3", operation="list_buckets", items="Buckets", identifier="Name"),
    Kind(
        name="cache",
        service="elasticache",
        operation="describe_replication_groups",
        items="ReplicationGroups",
        identifier="ReplicationGroupId",
    ),
    Kind(
        name="cache snapshot",
        service="elasticache",
        operation="describe_snapshots",
        items="Snapshots",
        identifier="SnapshotName",
    ),
    Kind(
        name="cache subnet group",
        service="elasticache",
        operation="describe_cache_subnet_groups",
        items="CacheSubnetGroups",
        identifier="CacheSubnetGroupName",
    ),
    Kind(
        name="certificate",
        service="acm",
        operation="list_certificates",
        items="CertificateSummaryList",
        identifier="CertificateArn",
    ),
    Kind(
        name="CloudFormation stack",
        service="cloudformation",
        operation="list_stacks",
        items="StackSummaries",
        identifier="StackName",
        is_gone=lambda item: item["StackStatus"] == "DELETE_COMPLETE",
    ),
    Kind(
        name="CodeCommit repository",
        service="codecommit",
        operation="list_repositories",
        items="repositories",
        identifier="repositoryName",
    ),
    Kind(
        name="container repository",
        service="ecr",
        operation="describe_repositories",
        items="repositories",
        identifier="repositoryName",
    ),
    Kind(
        name="database",
        service="rds",
        operation="describe_db_clusters",
        items="DBClusters",
        identifier="DBClusterIdentifier",
    ),
    Kind(
        name="database instance",
        service="rds",
        operation="describe_db_instances",
        items="DBInstances",
        identifier="DBInstanceIdentifier",
    ),
    Kind(
        name="database parameter group",
        service="rds",
        operation="describe_db_cluster_parameter_groups",
        items="DBClusterParameterGroups",
        identifier="DBClusterParameterGroupName",
    ),
    Kind(
        name="database snapshot",
        service="rds",
        operation="describe_db_cluster_snapshots",
        items="DBClusterSnapshots",
        identifier="DBClusterSnapshotIdentifier",
    ),
    Kind(
        name="database subnet group",
        service="rds",
        operation="describe_db_subnet_groups",
        items="DBSubnetGroups",
        identifier="DBSubnetGroupName",
    ),
    Kind(name="EventBridge rule", service="events", operation="list_rules", items="Rules", identifier="Name"),
    Kind(
        name="file system",
        service="efs",
        operation="describe_file_systems",
        items="FileSystems",
        identifier="FileSystemId",
    ),
    Kind(
        name="file system access point",
        service="efs",
        operation="describe_access_points",
        items="AccessPoints",
        identifier="AccessPointId",
    ),
    Kind(name="function", service="lambda", operation="list_functions", items="Functions", identifier="FunctionName"),
    Kind(name="function layer", service="lambda", operation="list_layers", items="Layers", identifier="LayerName"),
    Kind(
        name="instance profile",
        service="iam",
        operation="list_instance_profiles",
        items="InstanceProfiles",
        identifier="InstanceProfileName",
    ),
    Kind(name="key alias", service="kms", operation="list_aliases", items="Aliases", identifier="AliasName"),
    Kind(name="Kubernetes cluster", service="eks", operation="list_clusters", items="clusters", identifier=""),
    Kind(
        name="load balancer",
        service="elbv2",
        operation="describe_load_balancers",
        items="LoadBalancers",
        identifier="LoadBalancerName",
    ),
    Kind(
        name="log group", service="logs", operation="describe_log_groups", items="logGroups", identifier="logGroupName"
    ),
    Kind(
        name="metrics workspace",
        service="amp",
        operation="list_workspaces",
        items="workspaces",
        identifier="workspaceId",
    ),
    Kind(name="parameter", service="ssm", operation="describe_parameters", items="Parameters", identifier="Name"),
    Kind(
        name="policy",
        service="iam",
        operation="list_policies",
        items="Policies",
        identifier="PolicyName",
        arguments={"Scope": "Local"},
    ),
    Kind(name="queue", service="sqs", operation="list_queues", items="QueueUrls", identifier=""),
    Kind(name="role", service="iam", operation="list_roles", items="Roles", identifier="RoleName"),
    Kind(
        name="secret",
        service="secretsmanager",
        operation="list_secrets",
        items="SecretList",
        identifier="Name",
        # A secret that can still be recovered blocks the next one of its name, so it counts as left behind.
        arguments={"IncludePlannedDeletion": True},
    ),
    Kind(
        name="web ACL",
        service="wafv2",
        operation="list_web_acls",
        items="WebACLs",
        identifier="Name",
        arguments={"Scope": "REGIONAL"},
    ),
    Kind(name="topic", service="sns", operation="list_topics", items="Topics", identifier="TopicArn"),
)
