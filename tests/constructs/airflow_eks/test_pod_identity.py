"""Pod identities: a role is for the pods of one service account of one cluster."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.deployment import Deployment, Resource

_TAG = "aws:RequestTag/"


def identities(deployment: Deployment) -> Iterator[tuple[str, str, Resource]]:
    """(namespace, service account, role) of every association."""
    roles = {role.att("Arn"): role for role in deployment.all("AWS::IAM::Role")}
    for each in deployment.all("AWS::EKS::PodIdentityAssociation"):
        yield each.properties["Namespace"], each.properties["ServiceAccount"], roles[each.properties["RoleArn"]]


def test_a_role_is_for_one_service_account(deployment: Deployment) -> None:
    found = list(identities(deployment))
    spark = deployment.settings.spark
    of_spark = len(spark.teams) + spark.history_server if deployment.settings.addons.spark_operator else 0
    of_tasks = deployment.settings.airflow.task_pods.enabled
    assert len(found) == 18 + deployment.settings.has_managed_prometheus + of_spark + of_tasks
    assert len({role.address for *_, role in found}) == len(found)
    for namespace, account, role in found:
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
            assert set(statement["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
            assert statement["Condition"] == {
                "StringEquals": {
                    f"{_TAG}eks-cluster-name": deployment.settings.name,
                    f"{_TAG}kubernetes-namespace": namespace,
                    f"{_TAG}kubernetes-service-account": account,
                }
            }


def test_no_other_role_is_for_pods(deployment: Deployment) -> None:
    known = {role.address for *_, role in identities(deployment)}
    for role in deployment.all("AWS::IAM::Role"):
        if "pods.eks" in str(role.properties["AssumeRolePolicyDocument"]):
            assert role.address in known, role.path


def test_every_association_is_to_the_cluster_of_this_deployment(deployment: Deployment) -> None:
    for each in deployment.all("AWS::EKS::PodIdentityAssociation"):
        assert each.properties["ClusterName"] == deployment.settings.name
