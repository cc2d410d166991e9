"""Where DAGs come from: a repository that is made, or one that exists."""

from __future__ import annotations

from stacks.dag_source import SEED
from tests.support.deployment import Deployment

REPOSITORY = "AWS::CodeCommit::Repository"


def git_sync(deployment: Deployment) -> dict[str, object]:
    found: dict[str, object] = deployment.releases["airflow"].manifest["dags"]["gitSync"]
    return found


def may_pull(deployment: Deployment) -> str:
    """The repository that the DAG processor may read."""
    role = deployment.one("AWS::IAM::Role", path="/Identity-dag-processor/")
    statements = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    [pull] = [each for each in statements if each["Action"] == "codecommit:GitPull"]
    resource: str = pull["Resource"]
    return resource.rpartition(":")[2]


def test_one_is_made_and_followed(aws: Deployment) -> None:
    name = aws.one(REPOSITORY, stack="DagSource").att("Name")
    assert str(git_sync(aws)["repo"]).endswith(f"/{name}")
    assert git_sync(aws)["ref"] == aws.settings.dags.branch
    assert may_pull(aws) == name


def test_its_seed_is_the_sample_dags() -> None:
    assert (SEED / "hello_world_scheduled_dag.py").exists()


def test_an_existing_one_leaves_the_stack_out(own_vpc: Deployment) -> None:
    assert "DagSource" not in own_vpc.templates
    assert not own_vpc.all(REPOSITORY)
    assert str(git_sync(own_vpc)["repo"]).endswith("/our-dags")
    assert may_pull(own_vpc) == "our-dags"


def test_airflow_comes_after_it(aws: Deployment) -> None:
    release = aws.releases["airflow"].address
    assert aws.one(REPOSITORY).address in aws.order.before(release)
