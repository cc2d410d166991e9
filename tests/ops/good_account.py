"""An account in which everything is as a deployment needs it. What moto does not know is answered here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ops.aws import Aws
from ops.preflight.account import bootstrap_parameter
from settings import load_releases
from tests.ops.answers import Answers

PLENTY = 1000.0
VCPUS = {"m7g.large": 2, "m7g.xlarge": 4, "c7g.2xlarge": 8}


def prepare(aws: Aws, answers: Answers) -> None:
    """Bootstrap the account, and have every offer made in it."""
    aws.client("ssm").put_parameter(Name=bootstrap_parameter(), Value="30", Type="String")
    answers.give("iam", "GetRole", lambda asked: {"Role": {"RoleName": asked["RoleName"]}})
    answers.give("service-quotas", "GetServiceQuota", {"Quota": {"Value": PLENTY}})
    # moto knows all types, and reads all of them from a file each time.
    answers.give("ec2", "DescribeInstanceTypes", lambda asked: {
        "InstanceTypes": [{"InstanceType": type_, "VCpuInfo": {"DefaultVCpus": VCPUS[type_]}}
                          for type_ in asked["InstanceTypes"]]
    })  # fmt: skip
    answers.give("lambda", "GetAccountSettings", lambda_limit(int(PLENTY)))
    engines = load_releases().engines
    answers.give("rds", "DescribeDBEngineVersions", {"DBEngineVersions": [_engine(engines.aurora_postgresql)]})
    answers.give("rds", "DescribeOrderableDBInstanceOptions", lambda asked: {
        "OrderableDBInstanceOptions": [orderable(asked.get("DBInstanceClass", "db.r7g.large"), aws.region)]
    })  # fmt: skip
    answers.give("elasticache", "DescribeCacheEngineVersions", {
        "CacheEngineVersions": [{"Engine": "valkey", "EngineVersion": engines.valkey}]
    })  # fmt: skip
    answers.give("elasticache", "DescribeReservedCacheNodesOfferings", {"ReservedCacheNodesOfferings": [{}]})
    versions = [kubernetes(version) for version in load_releases().kubernetes.versions]
    answers.give("eks", "DescribeClusterVersions", {"clusterVersions": versions})
    answers.give("eks", "DescribeAddonVersions", lambda asked: {"addons": [addon(asked["addonName"])]})


def lambda_limit(limit: int, reserved: int = 0) -> dict[str, Any]:
    """What an account may run of AWS Lambda at once."""
    return {"AccountLimit": {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": limit - reserved}}


def orderable(class_: str, region: str, zones: str = "abcd") -> dict[str, Any]:
    """An instance class that RDS offers."""
    names = [{"Name": f"{region}{zone}"} for zone in zones]
    return {"DBInstanceClass": class_, "AvailabilityZones": names}


def kubernetes(version: str, state: str = "STANDARD_SUPPORT") -> dict[str, Any]:
    """A Kubernetes version that EKS offers."""
    end = datetime(2027, 8, 2, tzinfo=UTC)
    return {"clusterVersion": version, "versionStatus": state, "endOfStandardSupportDate": end}


def addon(name: str, *architectures: str) -> dict[str, Any]:
    """An add-on that EKS offers."""
    version = {
        "addonVersion": "v1.22.0-eksbuild.1",
        "architecture": list(architectures or ("amd64", "arm64")),
        "compatibilities": [{"clusterVersion": "1.36", "defaultVersion": True}],
    }
    return {"addonName": name, "addonVersions": [version]}


def _engine(version: str) -> dict[str, str]:
    return {"Engine": "aurora-postgresql", "EngineVersion": version, "Status": "available"}


def pinned_digest(asked: dict[str, Any]) -> str:
    """What Amazon ECR is asked for an image: the digest that is pinned for it, or one that does not matter."""
    for image in load_releases().images.values():
        _, _, path = image.upstream.partition("/")
        if asked["repositoryName"].endswith(path) and asked["imageIds"] == [{"imageTag": image.tag}]:
            return image.digest or "sha256:any"
    return "sha256:any"
