"""Each check of ``ops verify`` that AWS answers: it passes on a good deployment, and says what is wrong otherwise."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from moto import mock_aws
from rich.console import Console

from ops.aws import Aws
from ops.checks import NotCheckedError, Runner
from ops.report import Report, Result, Status
from ops.stack import read_stack
from ops.verify.command import CHECKS
from ops.verify.subject import DagTest, Deployment
from tests.ops.answers import Answers, make_aws
from tests.ops.in_memory import BUCKET, DENY_HTTP, REGION, Deployed, addon, deploy

Change = Callable[[dict[str, Any]], object]
NOBODY = NotCheckedError("no API server here")
AWS_CHECKS = [check for check in CHECKS if check.group in ("Stacks", "AWS")]


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """A deployment that no test changes: what is wrong with it is said on top."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with mock_aws():
            yield deploy()


@dataclass
class Live:
    """The deployment as one test sees it."""

    aws: Aws
    answers: Answers

    without: str = ""
    """A type of resource that the stack has none of."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Outputs that differ."""

    def subject(self) -> Deployment:
        """What the checks look at."""
        stack = read_stack(self.aws, "airflow")
        resources = tuple(each for each in stack.resources if each.type != self.without)
        return Deployment(
            aws=self.aws,
            stack=replace(stack, resources=resources, outputs={**stack.outputs, **self.outputs}),
            kubernetes=NOBODY,
            dag_test=DagTest(dag_id="hello", skip=True, timeout_seconds=1),
        )

    def results(self) -> dict[str, Result]:
        """Every result that AWS gives, by the name of its check."""
        runner = Runner(unknown=Status.NOT_CHECKED, console=Console(file=io.StringIO()))
        return {result.check: result for result in runner.run(AWS_CHECKS, self.subject())}


@pytest.fixture
def live(deployed: Deployed) -> Live:
    """The deployment, as its stack describes it."""
    aws = make_aws(REGION)
    answers = Answers(aws)
    deployed.describe(answers)
    return Live(aws, answers)


def test_passes_on_a_good_deployment(live: Live) -> None:
    results = live.results()
    assert {result.status for result in results.values()} == {Status.OK}, results
    for check in (
        "stack airflow",
        "cluster airflow",
        "node group",
        "add-ons",
        "pod identities",
        "encryption key",
        "database",
        "database: TLS",
        "queue",
        "file system",
        "mount targets",
        "access point",
        "log bucket",
        "repository airflow-dags",
        "administrator's secret",
        "load balancer",
    ):
        assert check in results


# What is changed in an answer, and what is then said. One row, one fault.
FAULTS: tuple[tuple[str, str, str, Change, str], ...] = (
    ("cluster airflow", "eks", "DescribeCluster", lambda it: it["cluster"].update(status="UPDATING"), "it is UPDATING"),
    ("cluster airflow", "eks", "DescribeCluster", lambda it: it["cluster"].pop("encryptionConfig"), "not encrypted"),
    ("cluster airflow", "eks", "DescribeCluster",
     lambda it: it["cluster"]["resourcesVpcConfig"].update(endpointPrivateAccess=False), "does not answer within"),
    ("node group", "eks", "DescribeNodegroup", lambda it: it["nodegroup"].update(status="DEGRADED"), "DEGRADED"),
    ("node group", "eks", "DescribeNodegroup",
     lambda it: it["nodegroup"].update(amiType="AL2023_x86_64_STANDARD"), "its nodes are not arm64"),
    ("node group", "eks", "DescribeNodegroup",
     lambda it: it["nodegroup"]["health"].update(issues=[{"code": "AccessDenied", "message": "no role"}]), "no role"),
    ("encryption key", "kms", "DescribeKey",
     lambda it: it["KeyMetadata"].update(KeyState="PendingDeletion"), "is PendingDeletion"),
    ("database", "rds", "DescribeDBClusters", lambda it: it["DBClusters"][0].update(Status="stopped"), "it is stopped"),
    ("database", "rds", "DescribeDBClusters",
     lambda it: it["DBClusters"][0].update(StorageEncrypted=False), "its storage is not encrypted"),
    ("database", "rds", "DescribeDBInstances",
     lambda it: it["DBInstances"][0].update(DBInstanceStatus="failed"), "instance writer is failed"),
    ("database", "rds", "DescribeDBInstances",
     lambda it: it["DBInstances"][0].update(PubliclyAccessible=True), "has a public address"),
    ("database: TLS", "rds", "DescribeDBClusterParameters",
     lambda it: it["Parameters"][0].update(ParameterValue="0"), "not forced: rds.force_ssl is 0"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(Status="modifying"), "it is modifying"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(TransitEncryptionEnabled=False), "without TLS"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(TransitEncryptionMode="preferred"), "it does not force TLS"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(AuthTokenEnabled=False), "asks for no password"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(AtRestEncryptionEnabled=False), "not encrypted at rest"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(ClusterEnabled=True), "cluster mode is on"),
    ("queue", "elasticache", "DescribeReplicationGroups",
     lambda it: it["ReplicationGroups"][0].update(AutomaticFailover="disabled", MemberClusters=["a", "b"]),
     "automatic failover is disabled"),
    ("file system", "efs", "DescribeFileSystems",
     lambda it: it["FileSystems"][0].update(LifeCycleState="error"), "it is error"),
    ("file system", "efs", "DescribeFileSystems",
     lambda it: it["FileSystems"][0].update(Encrypted=False), "it is not encrypted"),
    ("mount targets", "efs", "DescribeMountTargets", lambda it: it["MountTargets"].pop(), "does not exist"),
    ("mount targets", "efs", "DescribeMountTargets",
     lambda it: it["MountTargets"][0].update(LifeCycleState="creating"), "is creating"),
    ("access point", "efs", "DescribeAccessPoints", lambda it: it["AccessPoints"].clear(), "is missing"),
    ("log bucket", "s3", "GetPublicAccessBlock",
     lambda it: it["PublicAccessBlockConfiguration"].update(BlockPublicPolicy=False), "BlockPublicPolicy is off"),
    ("repository airflow-dags", "codecommit", "GetRepository",
     lambda it: it["repositoryMetadata"].pop("defaultBranch"), "it has no branch"),
    ("administrator's secret", "secretsmanager", "DescribeSecret",
     lambda it: it.update(VersionIdsToStages={"1": ["AWSPREVIOUS"]}), "it has no value"),
    ("administrator's secret", "secretsmanager", "DescribeSecret",
     lambda it: it.update(DeletedDate="today"), "to be deleted"),
    ("load balancer", "elbv2", "DescribeLoadBalancers",
     lambda it: it["LoadBalancers"][0]["State"].update(Code="provisioning"), "it is provisioning"),
    ("load balancer", "elbv2", "DescribeTargetHealth",
     lambda it: [each["TargetHealth"].update(State="unhealthy") for each in it["TargetHealthDescriptions"]],
     "no API server behind it is healthy"),
    ("load balancer", "elbv2", "DescribeTags", lambda it: it["TagDescriptions"][0]["Tags"].clear(), "there is none"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("check", "call", "change", "said"),
    [(check, (service, operation), change, said) for check, service, operation, change, said in FAULTS],
    ids=[f"{row[0]}: {row[4]}" for row in FAULTS],
)
def test_a_fault(live: Live, check: str, call: tuple[str, str], change: Change, said: str) -> None:
    live.answers.edit(*call, change)
    result = live.results()[check]
    assert result.status is Status.FAILURE
    assert said in result.found
    assert result.advice


def test_a_stopped_database_can_be_started(live: Live) -> None:
    live.answers.edit("rds", "DescribeDBClusters", lambda it: it["DBClusters"][0].update(Status="stopped"))
    advice = live.results()["database"].advice
    assert advice == "Run: aws rds start-db-cluster --db-cluster-identifier airflow-db"


def test_an_add_on_that_is_degraded_or_gone(live: Live) -> None:
    issue = {"code": "InsufficientNumberOfReplicas", "message": "no node"}
    degraded = {**addon("coredns"), "status": "DEGRADED", "health": {"issues": [issue]}}
    live.answers.give("eks", "DescribeAddon", {"addon": degraded})
    results = live.results()
    assert "it is DEGRADED; InsufficientNumberOfReplicas: no node" in results["add-on coredns"].found
    assert results["add-on coredns"].status is Status.FAILURE
    live.answers.refuse("eks", "DescribeAddon", "ResourceNotFoundException", status=404)
    assert live.results()["add-on vpc-cni"].found == "does not exist"


def test_a_node_group_that_is_gone(live: Live) -> None:
    live.answers.refuse("eks", "DescribeNodegroup", "ResourceNotFoundException", status=404)
    assert live.results()["node group"].status is Status.FAILURE


def test_a_pod_identity_that_is_gone(live: Live) -> None:
    live.answers.give("eks", "ListPodIdentityAssociations", {"associations": []})
    identities = live.results()["pod identities"]
    assert identities.status is Status.FAILURE
    assert identities.found.startswith("1 of 1 do not exist: ")


@pytest.mark.parametrize(
    "policy",
    [
        [{**DENY_HTTP, "Effect": "Allow"}],
        [{**DENY_HTTP, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}],
        [{**DENY_HTTP, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
    ],
)
def test_a_bucket_that_takes_http(live: Live, policy: list[dict[str, Any]]) -> None:
    live.answers.give("s3", "GetBucketPolicy", {"Policy": json.dumps({"Statement": policy})})
    bucket = live.results()["log bucket"]
    assert (bucket.status, bucket.found) == (Status.FAILURE, "its policy does not deny what comes without TLS")


def test_a_bucket_without_any_of_it(live: Live) -> None:
    live.answers.refuse("s3", "GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", status=404)
    live.answers.refuse("s3", "GetBucketPolicy", "NoSuchBucketPolicy", status=404)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    live.answers.give("s3", "GetBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}})
    found = live.results()["log bucket"].found
    assert "RestrictPublicBuckets is off; its policy does not deny" in found
    assert "not encrypted with the deployment's key" in found


def test_a_bucket_that_is_gone(live: Live) -> None:
    live.answers.refuse("s3", "HeadBucket", "404", status=404)
    assert live.results()["log bucket"].found == f"{BUCKET} does not exist"


def test_a_repository_without_dags(live: Live) -> None:
    live.answers.give("codecommit", "GetFolder", {"files": [{"absolutePath": "README.md"}], "subFolders": []})
    assert live.results()["repository airflow-dags"].found == "branch main has no Python file"
    live.answers.refuse("codecommit", "GetRepository", "RepositoryDoesNotExistException")
    assert live.results()["repository airflow-dags"].found == "does not exist"


def test_a_repository_elsewhere_is_not_looked_into(live: Live) -> None:
    live.outputs["DagRepositoryUrl"] = "https://git.example.com/team/dags.git"
    result = live.results()["repository dags.git"]
    assert result.status is Status.NOT_CHECKED
    assert "is not in AWS CodeCommit" in result.found


def test_no_file_system_is_missed_where_dags_come_another_way(live: Live) -> None:
    live.without = "AWS::EFS::FileSystem"
    results = live.results()
    assert not {"file system", "mount targets", "access point"} & results.keys()
    assert {result.status for result in results.values()} == {Status.OK}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("UPDATE_COMPLETE", Status.OK),
        ("UPDATE_ROLLBACK_COMPLETE", Status.WARNING),
        ("UPDATE_IN_PROGRESS", Status.FAILURE),
        ("ROLLBACK_COMPLETE", Status.FAILURE),
    ],
)
def test_the_state_of_the_stack(live: Live, state: str, status: Status) -> None:
    stack = {"StackId": "arn:stack", "StackStatus": state, "Outputs": []}
    live.answers.give("cloudformation", "DescribeStacks", {"Stacks": [stack]})
    live.answers.give("cloudformation", "ListStackResources", {"StackResourceSummaries": []})
    assert live.results()["stack airflow"].status is status


def test_a_resource_that_failed(live: Live) -> None:
    stack = replace(live.subject().stack, status="UPDATE_COMPLETE")
    broken = replace(stack.resources[1], status="UPDATE_FAILED")
    subject = replace(live.subject(), stack=replace(stack, resources=(broken,)))
    found = {finding.check: finding for finding in AWS_CHECKS[0].run(subject)}
    assert found["Key"].found == "AWS::KMS::Key is UPDATE_FAILED"


def test_a_stack_without_outputs_lets_the_rest_be_checked(live: Live) -> None:
    subject = replace(live.subject(), stack=replace(live.subject().stack, outputs={}))
    results = Runner(unknown=Status.NOT_CHECKED, console=Console(file=io.StringIO())).run(AWS_CHECKS, subject)
    by_check = {result.check: result for result in results}
    assert by_check["cluster"].found.startswith("stack airflow has no output ClusterName")
    assert by_check["queue"].status is Status.OK


def test_what_may_not_be_looked_at_is_not_checked(live: Live) -> None:
    message = "User: me is not authorized to perform: rds:DescribeDBClusters on resource: x"
    live.answers.refuse("rds", "DescribeDBClusters", "AccessDenied", message, 403)
    database = live.results()["database"]
    assert database.status is Status.NOT_CHECKED
    assert "may not call rds:DescribeDBClusters" in database.found


def test_not_checked_fails_only_where_that_is_asked_for() -> None:
    result = Result(group="AWS", check="database", status=Status.NOT_CHECKED, found="")
    report = Report(command="verify", subject={}, results=[result])
    assert (report.exit_code, replace(report, strict=True).exit_code) == (0, 1)
