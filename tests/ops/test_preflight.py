"""``ops preflight`` passes in a good account, and says what is wrong with another: whose it is, and what it may do."""

from __future__ import annotations

import pytest
from moto import mock_aws

from ops.preflight.account import bootstrap_parameter
from ops.report import Status
from tests.ops.accounts import BEIJING, ME, US_WEST, Account, make_account
from tests.ops.answers import make_aws
from tests.ops.good_account import pinned_digest

ADMINISTRATOR = "cluster.administrators=arn:aws:iam::123456789012:role/Admin"


def test_passes_in_a_good_account(account: Account) -> None:
    results = account.results(ADMINISTRATOR, quotas=True)
    assert {result.status for result in results.values()} == {Status.OK}, results
    assert len(results) > 30


def test_passes_in_china_once_the_registry_is_filled() -> None:
    with mock_aws():
        account = make_account(BEIJING, "aws-cn")
        # moto knows two zones of Beijing, and none of its instance types.
        account.answers.give("ec2", "DescribeInstanceTypeOfferings", lambda asked: {
            "InstanceTypeOfferings": [
                {"Location": f"{BEIJING}{zone}", "InstanceType": type_}
                for zone in "ab" for type_ in asked["Filters"][0]["Values"]
            ]
        })  # fmt: skip
        account.answers.give("ecr", "DescribeImages", lambda asked: {
            "imageDetails": [{"imageDigest": pinned_digest(asked)}]
        })  # fmt: skip
        administrator = ADMINISTRATOR.replace(":aws:", ":aws-cn:")
        results = account.results("partition=aws-cn", "network.zones=2", administrator, quotas=True)
        assert {result.status for result in results.values()} == {Status.OK}, results


class TestAccount:
    def test_credentials_of_another_partition(self, account: Account) -> None:
        account.aws = make_aws(US_WEST, "aws-cn")
        who = account.results()["who"]
        assert who.status is Status.FAILURE
        assert "partition aws-cn, the settings say aws" in who.found
        assert "--context partition=aws-cn" in who.advice

    def test_an_environment_that_says_another_region(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        where = account.results()["where"]
        assert where.status is Status.WARNING
        assert "--context region=eu-west-1" in where.advice

    def test_not_bootstrapped(self, account: Account) -> None:
        account.client("ssm").delete_parameter(Name=bootstrap_parameter())
        bootstrap = account.results()["CDK bootstrap"]
        assert bootstrap.status is Status.FAILURE
        assert bootstrap.advice == "Run: cdk bootstrap aws://123456789012/us-west-2"

    def test_a_bootstrap_with_a_qualifier(self, account: Account) -> None:
        qualifier = "@aws-cdk/core:bootstrapQualifier=team"
        absent = account.results(qualifier)["CDK bootstrap"]
        assert (absent.status, absent.found) == (
            Status.FAILURE,
            "us-west-2 is not bootstrapped with the qualifier team",
        )
        assert absent.advice.endswith("--qualifier team --toolkit-stack-name CDKToolkit-team")
        account.client("ssm").delete_parameter(Name=bootstrap_parameter())
        account.client("ssm").put_parameter(Name=bootstrap_parameter("team"), Value="30", Type="String")
        there = account.results(qualifier)["CDK bootstrap"]
        assert (there.status, there.found) == (Status.OK, "version 30 with the qualifier team")

    def test_an_old_bootstrap(self, account: Account) -> None:
        account.client("ssm").put_parameter(Name=bootstrap_parameter(), Value="5", Type="String", Overwrite=True)
        bootstrap = account.results()["CDK bootstrap"]
        assert (bootstrap.status, bootstrap.found) == (Status.FAILURE, "version 5, 6 is needed")

    def test_a_bootstrap_stack_that_failed(self, account: Account) -> None:
        stack = {"StackId": "arn:bootstrap", "StackStatus": "UPDATE_ROLLBACK_FAILED"}
        account.answers.give("cloudformation", "DescribeStacks", {"Stacks": [stack]})
        account.answers.give("cloudformation", "ListStackResources", {"StackResourceSummaries": []})
        assert account.results()["CDK bootstrap"].status is Status.FAILURE

    def test_roles_that_the_deployment_makes(self, account: Account) -> None:
        account.answers.refuse("iam", "GetRole", "NoSuchEntity", status=404)
        results = account.results()
        assert results["service-linked roles"].status is Status.OK
        assert "AWSServiceRoleForAmazonEKS" in results["service-linked roles"].found
        spot = results["service-linked role for spot"]
        assert spot.status is Status.FAILURE
        assert spot.found.endswith(
            "no spot instance can be started, Spark's executors would never start; "
            "workers and task pods would run on demand"
        )
        assert "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com" in spot.advice

    def test_no_role_for_spot_is_needed_without_spot(self, account: Account) -> None:
        account.answers.refuse("iam", "GetRole", "NoSuchEntity", status=404)
        without_spark = "addons.spark_operator=false"
        name, on_demand = "service-linked role for spot", ("airflow.workers.spot=false", "airflow.task_pods.spot=false")
        found = account.results(without_spark, on_demand[0])[name]
        assert (found.status, found.found[-29:]) == (Status.WARNING, "task pods would run on demand")
        assert account.results(*on_demand)[name].status is Status.FAILURE
        assert name not in account.results(*on_demand, without_spark)

    @pytest.mark.parametrize("context", [(), ("cluster.administrators=arn:aws:iam::123456789012:role/Other",)])
    def test_a_cluster_that_the_caller_cannot_look_into(self, account: Account, context: tuple[str, ...]) -> None:
        administrators = account.results(*context)["cluster administrators"]
        assert administrators.status is Status.WARNING
        assert "cluster.administrators" in administrators.advice


class TestWhatCannotBeAsked:
    def test_access_denied_hides_nothing_else(self, account: Account) -> None:
        message = f"User: {ME} is not authorized to perform: eks:DescribeClusterVersions on resource: *"
        account.answers.refuse("eks", "DescribeClusterVersions", "AccessDeniedException", message, 403)
        results = account.results()
        denied = results["Kubernetes version"]
        assert denied.status is Status.WARNING
        assert denied.found == "access denied: this identity may not call eks:DescribeClusterVersions"
        assert results["add-on coredns"].status is Status.OK
