"""Kinds of resources that change, with what AWS has of each before and after: for test_update_each_kind.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ops.sandbox.aws import Aws
from tests.sandbox.templates import ROLE

Properties = dict[str, Any]
_NETWORK = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.1.0/24"}},
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "VpcId": {"Ref": "Vpc"}}},
}
_CLUSTER = {
    "Role": ROLE,
    "Cluster": {
        "Type": "AWS::EKS::Cluster",
        "Properties": {
            "Name": "of-entries",
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "ResourcesVpcConfig": {"SubnetIds": [{"Ref": "Subnet"}]},
        },
    },
}
_PRINCIPAL = "arn:aws:iam::123456789012:role/somebody"
_ACL = {
    "Scope": "REGIONAL",
    "DefaultAction": {"Allow": {}},
    "VisibilityConfig": {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": True, "MetricName": "x"},
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A resource, what of it changes, and how one sees it."""

    type: str
    same: Properties
    before: Properties
    after: Properties
    seen: Callable[[Aws, str], Any]
    shows: tuple[Any, Any]
    beside: Properties | None = None


def _rules(aws: Aws, ref: str) -> set[str]:
    (group,) = aws.call("ec2", "describe_security_groups", GroupIds=[ref])["SecurityGroups"]
    return {rule["IpRanges"][0]["CidrIp"] for key in ("IpPermissions", "IpPermissionsEgress") for rule in group[key]}


def _description(aws: Aws, ref: str) -> str:
    (rule,) = aws.call("ec2", "describe_security_group_rules", SecurityGroupRuleIds=[ref])["SecurityGroupRules"]
    return str(rule["Description"])


def _policies(aws: Aws, _: str) -> tuple[set[str], list[str]]:
    which = {"clusterName": "of-entries", "principalArn": _PRINCIPAL}
    found = aws.call("eks", "list_associated_access_policies", **which)["associatedAccessPolicies"]
    entry = aws.call("eks", "describe_access_entry", **which)["accessEntry"]
    return {policy["policyArn"] for policy in found}, entry.get("kubernetesGroups", [])


def _targets(aws: Aws, ref: str) -> dict[str, str]:
    found = aws.call("events", "list_targets_by_rule", Rule=ref)["Targets"]
    return {target["Id"]: target["Arn"] for target in found}


def _timeouts(aws: Aws, ref: str) -> tuple[str, str]:
    found = aws.call("sqs", "get_queue_attributes", QueueUrl=ref, AttributeNames=["All"])["Attributes"]
    return found["VisibilityTimeout"], found["MessageRetentionPeriod"]


def _topic(aws: Aws, ref: str) -> str:
    return str(aws.call("sns", "get_topic_attributes", TopicArn=ref)["Attributes"].get("DisplayName"))


def _parameter(aws: Aws, ref: str) -> str:
    return str(aws.call("ssm", "get_parameter", Name=ref)["Parameter"]["Value"])


def _username(aws: Aws, ref: str) -> str:
    held = json.loads(aws.call("secretsmanager", "get_secret_value", SecretId=ref)["SecretString"])
    return f"{held['username']} {bool(held['password'])}"


def _members(aws: Aws, ref: str) -> tuple[int, str, str]:
    (group,) = aws.call("elasticache", "describe_replication_groups", ReplicationGroupId=ref)["ReplicationGroups"]
    return len(group["MemberClusters"]), group["AutomaticFailover"], group["Engine"]


def _sources(aws: Aws, ref: str) -> list[str]:
    (found,) = aws.call("rds", "describe_event_subscriptions", SubscriptionName=ref)["EventSubscriptionsList"]
    return sorted(found["SourceIdsList"])


def _rotates(aws: Aws, ref: str) -> bool:
    return bool(aws.call("kms", "get_key_rotation_status", KeyId=ref)["KeyRotationEnabled"])


def _limit(aws: Aws, ref: str) -> float:
    found = aws.call("budgets", "describe_budget", AccountId="123456789012", BudgetName=ref)["Budget"]
    return float(found["BudgetLimit"]["Amount"])


def _acl(aws: Aws, ref: str) -> list[str]:
    name, id_, scope = ref.split("|")
    found = aws.call("wafv2", "get_web_acl", Name=name, Id=id_, Scope=scope)["WebACL"]
    return [rule["Name"] for rule in found["Rules"]]


def _engine(aws: Aws, ref: str) -> tuple[str, bool, list[str]]:
    (found,) = aws.call("rds", "describe_db_clusters", DBClusterIdentifier=ref)["DBClusters"]
    return found["EngineVersion"], found["StorageType"] == "aurora-iopt1", found["EnabledCloudwatchLogsExports"]


def _rule(cidr: str) -> Properties:
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": cidr}


def _policy(name: str) -> Properties:
    return {"PolicyArn": f"arn:aws:eks::aws:cluster-access-policy/{name}", "AccessScope": {"Type": "cluster"}}


def _generated(user: str) -> Properties:
    template = json.dumps({"username": user})
    return {"GenerateSecretString": {"SecretStringTemplate": template, "GenerateStringKey": "password"}}


def _budget(amount: int) -> Properties:
    limit = {"Amount": amount, "Unit": "USD"}
    named = {"BudgetName": "of-somebody", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    return {"Budget": {**named, "BudgetLimit": limit}}


def _limited(name: str) -> Properties:
    statement = {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": 100}}
    rule = {"Name": name, "Priority": 0, "Action": {"Block": {}}, "Statement": statement}
    return {"Rules": [{**rule, "VisibilityConfig": _ACL["VisibilityConfig"]}]}


CASES = {
    "rules of a security group": Case(
        type="AWS::EC2::SecurityGroup",
        same={"GroupDescription": "x", "VpcId": {"Ref": "Vpc"}},
        before={"SecurityGroupIngress": [_rule("10.0.0.0/8")]},
        after={"SecurityGroupIngress": [_rule("10.1.0.0/16")], "SecurityGroupEgress": [_rule("10.2.0.0/16")]},
        seen=_rules,
        shows=({"10.0.0.0/8", "0.0.0.0/0"}, {"10.1.0.0/16", "10.2.0.0/16"}),
        beside=_NETWORK,
    ),
    "what a rule is for": Case(
        type="AWS::EC2::SecurityGroupIngress",
        same={"GroupId": {"Ref": "Group"}, **_rule("10.0.0.0/8")},
        before={"Description": "one"},
        after={"Description": "two"},
        seen=_description,
        shows=("one", "two"),
        beside=_NETWORK,
    ),
    "policies of an access entry": Case(
        type="AWS::EKS::AccessEntry",
        same={"ClusterName": {"Ref": "Cluster"}, "PrincipalArn": _PRINCIPAL},
        before={"AccessPolicies": [_policy("a"), _policy("b")]},
        after={"AccessPolicies": [_policy("b"), _policy("c")], "KubernetesGroups": ["readers"]},
        seen=_policies,
        shows=(
            ({_policy("a")["PolicyArn"], _policy("b")["PolicyArn"]}, []),
            ({_policy("b")["PolicyArn"], _policy("c")["PolicyArn"]}, ["readers"]),
        ),
        beside={**_NETWORK, **_CLUSTER},
    ),
    "targets of a rule": Case(
        type="AWS::Events::Rule",
        same={"EventPattern": {"source": ["aws.ec2"]}},
        before={"Targets": [{"Id": "a", "Arn": "arn:aws:sqs:us-west-2:123456789012:a"}]},
        after={"Targets": [{"Id": "b", "Arn": "arn:aws:sqs:us-west-2:123456789012:b"}]},
        seen=_targets,
        shows=({"a": "arn:aws:sqs:us-west-2:123456789012:a"}, {"b": "arn:aws:sqs:us-west-2:123456789012:b"}),
    ),
    "a queue": Case(
        type="AWS::SQS::Queue",
        same={},
        before={"VisibilityTimeout": 60, "MessageRetentionPeriod": 300},
        after={"VisibilityTimeout": 90, "MessageRetentionPeriod": 600},
        seen=_timeouts,
        shows=(("60", "300"), ("90", "600")),
    ),
    "a topic": Case(
        type="AWS::SNS::Topic",
        same={},
        before={"DisplayName": "one"},
        after={"DisplayName": "two"},
        seen=_topic,
        shows=("one", "two"),
    ),
    "a parameter": Case(
        type="AWS::SSM::Parameter",
        same={"Type": "String"},
        before={"Value": "one"},
        after={"Value": "two"},
        seen=_parameter,
        shows=("one", "two"),
    ),
    "a secret": Case(
        type="AWS::SecretsManager::Secret",
        same={},
        before=_generated("one"),
        after=_generated("two"),
        seen=_username,
        shows=("one True", "two True"),
    ),
    "a queue's members and engine": Case(
        type="AWS::ElastiCache::ReplicationGroup",
        same={"ReplicationGroupDescription": "x"},
        before={"NumCacheClusters": 2, "AutomaticFailoverEnabled": True, "Engine": "redis", "EngineVersion": "7.1"},
        after={"NumCacheClusters": 1, "AutomaticFailoverEnabled": False, "Engine": "valkey", "EngineVersion": "8.0"},
        seen=_members,
        shows=((2, "enabled", "redis"), (1, "disabled", "valkey")),
    ),
    "sources of a subscription": Case(
        type="AWS::RDS::EventSubscription",
        same={"SnsTopicArn": "arn:aws:sns:us-west-2:123456789012:x", "SourceType": "db-cluster"},
        before={"SourceIds": ["a", "b"]},
        after={"SourceIds": ["b", "c"]},
        seen=_sources,
        shows=(["a", "b"], ["b", "c"]),
    ),
    "a key": Case(
        type="AWS::KMS::Key",
        same={"KeyPolicy": {"Version": "2012-10-17", "Statement": []}},
        before={},
        after={"EnableKeyRotation": True},
        seen=_rotates,
        shows=(False, True),
    ),
    "a budget": Case(
        type="AWS::Budgets::Budget",
        same={"NotificationsWithSubscribers": []},
        before=_budget(10),
        after=_budget(20),
        seen=_limit,
        shows=(10, 20),
    ),
    "a web ACL": Case(
        type="AWS::WAFv2::WebACL",
        same=_ACL,
        before=_limited("One"),
        after=_limited("Two"),
        seen=_acl,
        shows=(["One"], ["Two"]),
    ),
    "a database": Case(
        type="AWS::RDS::DBCluster",
        same={"Engine": "aurora-postgresql", "MasterUsername": "someone", "MasterUserPassword": "a-password"},
        before={"EngineVersion": "16.13", "EnableCloudwatchLogsExports": ["postgresql"]},
        after={"EngineVersion": "17.9", "StorageType": "aurora-iopt1", "EnableCloudwatchLogsExports": []},
        seen=_engine,
        shows=(("16.13", False, ["postgresql"]), ("17.9", True, [])),
    ),
}
