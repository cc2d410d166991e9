"""What AWS offers by region: types of resources, and services behind permissions.

cfn-lint brings the types that CloudFormation knows by region, botocore the services that answer by region; both are
pinned in requirements-dev.txt and come from what AWS publishes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import botocore.loaders

from settings import PARTITIONS
from tests.support.deployment import Deployment

# What IAM calls a service where its endpoints have another name.
ENDPOINTS = {"pricing": "api.pricing", "cloudwatch": "monitoring"}
# The price list of all China regions: Karpenter asks there for itself.
ELSEWHERE = {"pricing": PARTITIONS["aws-cn"].price_list_region}


@cache
def types_in(region: str) -> frozenset[str]:
    """The types that CloudFormation knows in a region."""
    text = resources.files("cfnlint").joinpath(f"data/schemas/providers/{region}.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text))


@cache
def services_in(region: str) -> frozenset[str]:
    """The services that have an endpoint in a region, those of the whole partition included."""
    data = botocore.loaders.Loader().load_data("endpoints")
    (partition,) = [each for each in data["partitions"] if region in each["regions"]]
    return frozenset(
        name
        for name, service in partition["services"].items()
        if region in service["endpoints"] or service.get("partitionEndpoint")
    )


def types(deployment: Deployment) -> set[str]:
    """The types of its resources that are AWS' own."""
    named = {resource.type for resource in deployment.resources.values()}
    return {name for name in named if not name.startswith("Custom::")}


def missing_types(deployment: Deployment) -> set[str]:
    """Those that CloudFormation does not know in its region."""
    return types(deployment) - types_in(deployment.settings.region)


def actions(value: Any) -> Iterator[str]:
    """The actions of every statement of every policy, wherever it stands."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            action = value["Action"]
            yield from [action] if isinstance(action, str) else action
        for each in value.values():
            yield from actions(each)
    elif isinstance(value, list):
        for each in value:
            yield from actions(each)


def services(deployment: Deployment) -> set[str]:
    """The services that permissions are for, by IAM's names."""
    found = {action.partition(":")[0] for each in deployment.resources.values() for action in actions(each.properties)}
    return found - {"*"}


def missing_services(deployment: Deployment) -> set[str]:
    """Those that do not answer in its region."""
    region = deployment.settings.region
    return {
        service
        for service in services(deployment)
        if ENDPOINTS.get(service, service) not in services_in(ELSEWHERE.get(service, region))
    }
