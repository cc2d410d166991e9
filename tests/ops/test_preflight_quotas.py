"""Quotas: what is in use, what the settings need, and what is said where that is too much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from ops.checks import Finding
from ops.options import settings_from
from ops.preflight.needs import Need, is_standard, needs
from ops.preflight.quotas import QUOTAS, quotas
from ops.preflight.subject import Preflight
from ops.report import Status
from tests.ops import good_account
from tests.ops.answers import Answers, make_aws

REGION, LAMBDA = "us-west-2", "concurrent Lambda executions"


class Quotas:
    """The quota check of one account."""

    def __init__(self) -> None:
        self.aws = make_aws(REGION)
        self.answers = Answers(self.aws)
        self.limits: dict[str, float] = {}
        good_account.prepare(self.aws, self.answers)
        self.answers.give("service-quotas", "GetServiceQuota", self._limit)

    def limit(self, name: str, value: float) -> None:
        """Give one quota a limit."""
        self.limits[next(quota.code for quota in QUOTAS if quota.name == name)] = value
        if name == LAMBDA:
            self.answers.give("lambda", "GetAccountSettings", good_account.lambda_limit(int(value)))

    def found(self, *context: str) -> dict[str, Finding]:
        """What the check says, by quota."""
        return {finding.check: finding for finding in quotas(Preflight(self.aws, settings_from(context)))}

    def _limit(self, asked: dict[str, str]) -> dict[str, Any]:
        return {"Quota": {"Value": self.limits.get(asked["QuotaCode"], good_account.PLENTY)}}


@pytest.fixture
def account() -> Iterator[Quotas]:
    """A good account."""
    with mock_aws():
        yield Quotas()


@pytest.mark.parametrize("quota", [quota.name for quota in QUOTAS])
def test_each_quota_can_be_exceeded(account: Quotas, quota: str) -> None:
    account.limit(quota, 0)
    finding = account.found()[quota]
    assert finding.status is Status.FAILURE
    assert "request-service-quota-increase" in finding.advice


def test_what_is_in_use_counts(account: Quotas) -> None:
    ec2 = account.aws.client("ec2")
    for index in range(3):
        ec2.create_vpc(CidrBlock=f"10.{index}.0.0/16")
    account.limit("VPCs", 5)  # the default VPC is the fourth
    assert account.found()["VPCs"].found == "4 of 5 in use, needed: 1"
    account.limit("VPCs", 4)
    finding = account.found()["VPCs"]
    assert finding.status is Status.FAILURE
    assert finding.advice.endswith("--service-code vpc --quota-code L-F678F1CE --desired-value 5")


def test_nat_gateways_are_counted_in_the_zones_that_are_used(account: Quotas) -> None:
    ec2 = account.aws.client("ec2")
    zones = {
        subnet["AvailabilityZone"]: subnet["SubnetId"]
        for subnet in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    }
    for zone in ("us-west-2b", "us-west-2b", "us-west-2d", "us-west-2d", "us-west-2d"):
        ec2.create_nat_gateway(SubnetId=zones[zone], ConnectivityType="private")
    assert account.found()["NAT gateways in a zone"].found.startswith("2 of ")


def test_running_instances_count_by_their_vcpus_and_kind(account: Quotas) -> None:
    reservations = [
        {"Instances": [{"InstanceType": "m7g.xlarge"}, {"InstanceType": "m7g.xlarge", "InstanceLifecycle": "spot"}]},
        {"Instances": [{"InstanceType": "c7g.2xlarge"}, {"InstanceType": "g5.xlarge"}]},
    ]
    account.answers.give("ec2", "DescribeInstances", {"Reservations": reservations})
    found = account.found()
    assert found["on-demand vCPUs"].found.startswith("12 of ")
    assert found["spot vCPUs"].found.startswith("4 of ")


def test_a_deployment_that_fits_but_cannot_grow(account: Quotas) -> None:
    account.limit("spot vCPUs", 10)
    finding = account.found()["spot vCPUs"]
    assert finding.status is Status.WARNING
    assert finding.found == (
        "0 of 10 in use, needed: 4 now, 432 at the most: it deploys, but cannot grow as far as its settings say"
    )


def test_an_update_needs_nothing_more(account: Quotas) -> None:
    stack = {"StackId": "arn:stack", "StackStatus": "CREATE_COMPLETE"}
    resource = {"ResourceType": "AWS::KMS::Key", "LogicalResourceId": "Key", "ResourceStatus": "CREATE_COMPLETE"}
    account.answers.give("cloudformation", "DescribeStacks", {"Stacks": [stack]})
    account.answers.give("cloudformation", "ListStackResources", {"StackResourceSummaries": [resource]})
    account.limit("VPCs", 1)
    finding = account.found()["VPCs"]
    assert (finding.status, finding.found) == (Status.OK, "1 of 1 in use, this deployment included")


def test_lambda_says_itself_what_an_account_may_run(account: Quotas) -> None:
    # Service Quotas may say 1000 where a new account has 10.
    account.limit(LAMBDA, 10)
    finding = account.found()[LAMBDA]
    assert (finding.status, finding.found) == (Status.FAILURE, "0 of 10 in use, needed: 80")
    assert finding.advice.endswith("--service-code lambda --quota-code L-B99A9384 --desired-value 80")
    account.answers.give("lambda", "GetAccountSettings", good_account.lambda_limit(1000, reserved=950))
    assert account.found()[LAMBDA].found == "950 of 1000 in use, needed: 80"


def test_an_update_needs_functions_as_a_first_deployment_does(account: Quotas) -> None:
    self_made = {"ResourceType": "AWS::KMS::Key", "LogicalResourceId": "Key", "ResourceStatus": "CREATE_COMPLETE"}
    stack = {"StackId": "arn:stack", "StackStatus": "CREATE_COMPLETE"}
    account.answers.give("cloudformation", "DescribeStacks", {"Stacks": [stack]})
    account.answers.give("cloudformation", "ListStackResources", {"StackResourceSummaries": [self_made]})
    account.limit(LAMBDA, 10)
    assert account.found()[LAMBDA].status is Status.FAILURE


def test_the_general_limit_where_the_account_has_none_of_its_own(account: Quotas) -> None:
    account.answers.refuse("service-quotas", "GetServiceQuota", "NoSuchResourceException")
    account.answers.give("service-quotas", "GetAWSDefaultServiceQuota", {"Quota": {"Value": 7.0}})
    assert account.found()["EKS clusters"].found == "0 of 7 in use, needed: 1"


def test_a_quota_that_may_not_be_read_hides_none_of_the_others(account: Quotas) -> None:
    account.answers.refuse("eks", "ListClusters", "AccessDeniedException", "User: x is not authorized", 403)
    found = account.found()
    assert found["EKS clusters"].status is Status.WARNING
    assert "ListClusters" in found["EKS clusters"].found
    assert found["database clusters"].status is Status.OK


def test_needs_follow_the_settings() -> None:
    def of(*context: str) -> Any:
        settings = settings_from(context)
        return needs(settings, vcpus={settings.cluster.nodes.instance_type: 4})

    medium, dev = of(), of("size=dev")
    assert (medium.elastic_ips, dev.elastic_ips) == (3, 1)
    assert (medium.database_instances, of("database.readers=3").database_instances) == (2, 4)
    # 3 nodes of 4 vCPUs, and 7.4 CPUs of Airflow's servers, of two of Prometheus and one of Grafana, with half as much
    # again for what else a node carries.
    assert medium.on_demand_vcpus == Need(3 * 4 + 12, 6 * 4 + 12)
    # 80 for workers, 256 for task pods, and the 64 CPUs of Spark's team with half as much again.
    assert medium.spot_vcpus == Need(3 + 1, 80 + 256 + 96)
    assert of("spark.teams.b.cpu=1000").spot_vcpus == Need(3 + 1, 80 + 256 + 4 * 256)
    assert of("addons.spark_operator=false").spot_vcpus == Need(3 + 1, 80 + 256)
    assert of("addons.prometheus=false", "addons.grafana=false").on_demand_vcpus == Need(3 * 4 + 10, 6 * 4 + 10)
    on_demand = of("airflow.workers.spot=false")
    assert on_demand.spot_vcpus == Need(1, 256 + 96)
    assert on_demand.on_demand_vcpus == Need(medium.on_demand_vcpus.now + 3, medium.on_demand_vcpus.later + 80)
    assert of("airflow.task_pods.enabled=false").spot_vcpus == Need(3, 80 + 96)
    steady = of("airflow.task_pods.spot=false")
    assert steady.spot_vcpus == Need(3, 80 + 96)
    assert steady.on_demand_vcpus == Need(medium.on_demand_vcpus.now + 1, medium.on_demand_vcpus.later + 256)
    one_more = of("airflow.queues.heavy.max=2", "airflow.queues.heavy.cpu=7", "airflow.queues.heavy.spot=false")
    assert one_more.spot_vcpus == medium.spot_vcpus
    assert one_more.on_demand_vcpus == Need(medium.on_demand_vcpus.now + 11, medium.on_demand_vcpus.later + 28)


@pytest.mark.parametrize(
    ("instance_type", "standard"),
    [("m7g.large", True), ("im4gn.large", True), ("t4g.small", True), ("hpc7g.4xlarge", False), ("x2gd.large", False),
     ("g5g.xlarge", False)],
)  # fmt: skip
def test_which_types_count_as_standard(instance_type: str, *, standard: bool) -> None:
    assert is_standard(instance_type) is standard
