"""Names that are taken: by the deployment itself, by an earlier one, by somebody else."""

from __future__ import annotations

import pytest

from ops.report import Status
from tests.ops.accounts import Account


class TestNames:
    @pytest.mark.parametrize(
        ("state", "status", "advice"),
        [
            ("CREATE_IN_PROGRESS", Status.FAILURE, "Wait"),
            ("DELETE_FAILED", Status.FAILURE, "cdk destroy"),
            ("UPDATE_ROLLBACK_FAILED", Status.FAILURE, "cdk rollback"),
            ("ROLLBACK_FAILED", Status.FAILURE, "cdk destroy"),
            ("ROLLBACK_COMPLETE", Status.FAILURE, "--no-enable-termination-protection"),
            ("CREATE_FAILED", Status.WARNING, "cdk deploy"),
            ("CREATE_COMPLETE", Status.OK, ""),
        ],
    )
    def test_a_stack_that_is_there(self, account: Account, state: str, status: Status, advice: str) -> None:
        self._stack(account, state)
        stack = account.results()["stack airflow"]
        assert stack.status is status
        assert advice in stack.advice

    def test_what_an_earlier_deployment_left_behind(self, account: Account) -> None:
        logs, name = account.client("logs"), "/aws/eks/airflow/cluster"
        logs.create_log_group(logGroupName=name)
        account.answers.give("eks", "DescribeCluster", {"cluster": {"name": "airflow"}})
        results = account.results()
        assert results["cluster airflow"].status is Status.FAILURE
        # Last words of a control plane: the deployment takes them away.
        assert results[f"log group {name}"].status is Status.WARNING
        logs.put_retention_policy(logGroupName=name, retentionInDays=30)
        group = account.results()[f"log group {name}"]
        assert group.status is Status.FAILURE
        assert f"aws logs delete-log-group --log-group-name {name}" in group.advice

    def test_what_the_stack_owns_is_no_conflict(self, account: Account) -> None:
        account.client("logs").create_log_group(logGroupName="/aws/eks/airflow/cluster")
        owned = {"AWS::Logs::LogGroup": "/aws/eks/airflow/cluster"}
        self._stack(account, "UPDATE_COMPLETE", owned)
        results = account.results()
        assert results["log group /aws/eks/airflow/cluster"].status is Status.OK

    def test_another_log_group_that_begins_alike(self, account: Account) -> None:
        account.client("logs").create_log_group(logGroupName="/aws/eks/airflow/cluster-of-somebody")
        assert account.results()["log group /aws/eks/airflow/cluster"].status is Status.OK

    def test_a_repository_that_is_to_be_used(self, account: Account) -> None:
        mine = "dags.existing_repository=mine"
        assert account.results(mine)["repository mine"].found == "does not exist"
        account.client("codecommit").create_repository(repositoryName="mine")
        account.answers.refuse("codecommit", "GetBranch", "BranchDoesNotExistException")
        assert account.results(mine)["repository mine"].found == "has no branch main"
        account.answers.give("codecommit", "GetBranch", {"branch": {"commitId": "0"}})
        assert account.results(mine)["repository mine"].status is Status.OK

    @staticmethod
    def _stack(account: Account, state: str, owned: dict[str, str] | None = None) -> None:
        stack = {"StackId": "arn:stack", "StackStatus": state, "EnableTerminationProtection": True}
        resources = [
            {
                "ResourceType": type_,
                "LogicalResourceId": "R",
                "PhysicalResourceId": id_,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for type_, id_ in (owned or {}).items()
        ]
        account.answers.give("cloudformation", "DescribeStacks", {"Stacks": [stack]})
        account.answers.give("cloudformation", "ListStackResources", {"StackResourceSummaries": resources})
