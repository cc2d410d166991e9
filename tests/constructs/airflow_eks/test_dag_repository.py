"""The repository of the DAGs: seeded once, then its users'."""

from __future__ import annotations

import pytest

from tests.support.deployment import Deployment

REPOSITORY = "AWS::CodeCommit::Repository"


def test_it_is_seeded_on_the_branch_that_is_synchronized(aws: Deployment) -> None:
    repository = aws.one(REPOSITORY).properties
    assert repository["Code"]["BranchName"] == aws.settings.dags.branch
    assert repository["Code"]["S3"]["Key"].endswith(".zip")


def test_it_carries_the_deployments_name_and_a_part_of_the_stacks_id(aws: Deployment, internet: Deployment) -> None:
    for deployment, name in ((aws, "airflow-dags"), (internet, "team-a-dags")):
        separator, (first, second) = deployment.one(REPOSITORY).properties["RepositoryName"]["Fn::Join"]
        assert (first, separator) == (name, "-")
        assert "${AWS::StackId}" in str(second)


@pytest.mark.parametrize(("name", "removal"), [("dev", "Delete"), ("aws", "Retain")])
def test_what_is_left_of_it(request: pytest.FixtureRequest, name: str, removal: str) -> None:
    assert request.getfixturevalue(name).one(REPOSITORY).removal == (
        removal.replace("Retain", "RetainExceptOnCreate"),
        removal,
    )
