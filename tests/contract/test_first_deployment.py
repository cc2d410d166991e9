"""A first deployment that fails goes back, and the next one finds nothing in its way.

CloudFormation takes back what it made. What a template protects from that, or keeps, may not stop it; and what stays
all the same may have no name that the next deployment wants. Data of a deployment that was made once is kept.
"""

from __future__ import annotations

import re

import pytest

from tests.support.deployment import Deployment, Resource
from tests.support.references import ROOT

# Whatever protects a resource from being deleted, by any service's name for it.
PROTECTION = re.compile(r"deletion_?protect|termination_?protect|deletionprotection|prevent_?destroy", re.IGNORECASE)
# Properties that give a resource a name of the template's own choice.
NAMES = re.compile(r"^(Name|.*Name|.*Identifier|ReplicationGroupId|Alias.*)$")
# Names of others that stand among the properties of what may be kept.
OTHERS = {
    "DBSubnetGroupName",
    "DBClusterParameterGroupName",
    "CacheSubnetGroupName",
    "DatabaseName",
    "KmsKeyIdentifier",
}
KEPT = {"Retain", "RetainExceptOnCreate", "Snapshot"}
STACK_ID = "${AWS::StackId}"


def may_stay(deployment: Deployment) -> list[Resource]:
    """Resources that a deletion may leave something of."""
    return [each for each in deployment.resources.values() if KEPT & set(each.removal)]


def test_nothing_that_is_new_is_kept(deployment: Deployment) -> None:
    assert not [each.path for each in deployment.resources.values() if each.removal[0] == "Retain"]


def test_what_may_stay_has_no_name_that_the_next_deployment_wants(deployment: Deployment) -> None:
    for resource in may_stay(deployment):
        for name in {key for key in resource.properties if NAMES.match(key)} - OTHERS - {"MasterUsername"}:
            assert STACK_ID in str(resource.properties[name]), f"{resource.path}: {name}"


def test_no_template_protects_from_deletion(deployment: Deployment) -> None:
    for resource, leaf in deployment.leaves:
        if resource.type.startswith("Custom::") and "/Guard/" in resource.path:
            continue
        protects = any(PROTECTION.search(part) for part in leaf.path) and str(leaf.value).lower() == "true"
        assert not protects, f"{resource.path}: {leaf}"
        assert "deletion_protection.enabled=true" not in str(leaf.value), resource.path


def test_the_database_is_protected_last_of_all(deployment: Deployment) -> None:
    last = deployment.one("Custom::DatabaseProtection")
    nested = {each for each in deployment.templates if each != ROOT}
    assert nested <= deployment.order.before(last.address)
    assert last.properties["Protected"] == str(deployment.settings.deletion_protection).lower()


def test_the_way_back_is_there_before_all_else(deployment: Deployment) -> None:
    guard = deployment.one("Custom::TerminationProtection").address
    for stack in deployment.templates:
        assert stack == ROOT or guard in deployment.order.before(f"{stack} begins"), stack


def test_a_bucket_that_is_kept_is_emptied_on_the_way_back(deployment: Deployment) -> None:
    emptied = {each.properties["Bucket"]: each for each in deployment.all("Custom::EmptyBucket")}
    for bucket in deployment.all("AWS::S3::Bucket"):
        if bucket.removal[0] == "Delete":
            assert bucket.ref not in emptied
            continue
        rule = emptied[bucket.ref]
        for release in deployment.releases.values():
            if release.name in ("airflow", "spark-operator"):
                assert rule.address in deployment.order.before(release.address), (
                    "it is emptied when nobody writes to it"
                )


def test_the_guard_may_do_nothing_else(deployment: Deployment) -> None:
    """It may delete: of what is kept, objects of these buckets, and of log groups, the control plane's."""
    role = deployment.one("AWS::IAM::Role", path="/Guard/Program/")
    policies = [each for each in deployment.all("AWS::IAM::Policy") if role.ref in each.properties["Roles"]]
    documents = [each.properties["PolicyDocument"] for each in policies]
    documents += [each["PolicyDocument"] for each in role.properties["Policies"]]
    statements = [each for document in documents for each in document["Statement"]]
    names = {each["Sid"] for each in statements}
    always = {"WriteLog", "SeeAndFreeThisStack", "ProtectDatabase", "FindLogGroup", "TakeLeftoverAway"}
    assert names - {"ListBucket", "EmptyBucket"} == always


@pytest.mark.parametrize("name", ["dev", "own_vpc"])
def test_what_is_to_go_needs_no_emptying(request: pytest.FixtureRequest, name: str) -> None:
    assert not request.getfixturevalue(name).all("Custom::EmptyBucket")
