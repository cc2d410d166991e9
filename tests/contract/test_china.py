"""What is deployed in China names nothing that is only elsewhere."""

from __future__ import annotations

import re

from tests.support.deployment import Deployment
from tests.support.walk import Leaf

# Service principals are spelled the same in both partitions, with exceptions. Where else they stand, and why:
PRINCIPALS_ELSEWHERE = {
    "iam:PassedToService": "names a service principal; the other spelling stands beside it",
    "iam:AWSServiceName": "names a service principal",
}
SERVICE_LINKED_ROLE = re.compile(r":role/aws-service-role/[a-z.]+\.amazonaws\.com/")
FOREIGN_DOMAIN = re.compile(r"amazonaws\.com(?!\.cn)|\.aws\.dev|\.api\.aws|\.on\.aws")
PUBLIC_REGISTRY = re.compile(
    r"public\.ecr\.aws|ghcr\.io|quay\.io|registry\.k8s\.io|k8s\.gcr\.io|docker\.io|gcr\.io|mcr\.microsoft\.com"
    # Where the images of EKS' add-ons are in most regions of the other partition.
    r"|602401143452"
    r"|https?://[a-z.-]*(github|apache\.org|kedacore|external-secrets\.io)"
)


def names_a_principal(leaf: Leaf) -> bool:
    return (
        leaf.path[-2:] == ("Principal", "Service")
        or leaf.path[-3:-1] == ("Principal", "Service")
        or leaf.key in PRINCIPALS_ELSEWHERE
        or bool(SERVICE_LINKED_ROLE.search(str(leaf.value)))
    )


def found(deployment: Deployment, pattern: re.Pattern[str]) -> list[str]:
    resources = [
        f"{resource.path}: {leaf}"
        for resource, leaf in deployment.leaves
        if pattern.search(str(leaf.value)) and not names_a_principal(leaf)
    ]
    outputs = [f"{name}: {value}" for name, value in deployment.outputs.items() if pattern.search(str(value))]
    return resources + outputs


def test_no_arn_of_the_other_partition(china_deployment: Deployment) -> None:
    assert not found(china_deployment, re.compile(r"\barn:aws:"))


def test_no_arn_of_china_elsewhere(aws: Deployment) -> None:
    assert not found(aws, re.compile(r"arn:aws-cn:|amazonaws\.com\.cn"))


def test_no_domain_of_the_other_partition(china_deployment: Deployment) -> None:
    assert not found(china_deployment, FOREIGN_DOMAIN)


def test_the_patterns_find_what_they_are_for(aws: Deployment) -> None:
    assert found(aws, FOREIGN_DOMAIN)
    assert found(aws, PUBLIC_REGISTRY)
    assert found(aws, re.compile(r"\barn:aws:"))


def test_no_public_registry_in_china(china_deployment: Deployment) -> None:
    assert not found(china_deployment, PUBLIC_REGISTRY)


def test_no_public_registry_where_images_are_private(internet: Deployment) -> None:
    assert internet.settings.images.source == "private"
    assert not found(internet, PUBLIC_REGISTRY)


def test_charts_come_from_the_account_in_china(china_deployment: Deployment) -> None:
    registry = (
        f"oci://${{AWS::AccountId}}.dkr.ecr.{china_deployment.settings.region}.amazonaws.com.cn/airflow-eks/charts"
    )
    for release in china_deployment.releases.values():
        chart = release.resource.properties
        assert chart["Repository"] == f"{registry}/{chart['Chart']}"


def test_images_come_from_the_account_in_china(china_deployment: Deployment) -> None:
    registry = f"${{AWS::AccountId}}.dkr.ecr.{china_deployment.settings.region}.amazonaws.com.cn"
    for release in china_deployment.releases.values():
        images = str(release.manifest).count(registry)
        assert images or release.name in ("karpenter-crd", "prometheus-operator-crds"), (
            f"{release} does not say where its images are"
        )


def test_no_region_but_the_own(deployment: Deployment) -> None:
    other = re.compile(r"\b(?!" + deployment.settings.region + r"\b)(us|eu|ap|cn|sa|ca|me|af)-[a-z]+-[1-9]\b")
    facts, region = deployment.settings.facts, deployment.settings.region
    # One bucket has the authorities of both regions in China.
    published = facts.database_ca_bundle_url(region=region)
    assert [leaf for leaf in found(deployment, other) if published not in leaf] == []
