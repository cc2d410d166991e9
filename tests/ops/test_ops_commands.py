"""The commands as a person types them: what they print, and how they end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.commands import app
from ops.status_facts import releases
from tests.ops import good_account
from tests.ops.answers import Answers, make_aws
from tests.ops.fake_airflow import PASSWORD, FakeAirflow
from tests.ops.fake_kubernetes import FakeKubernetes
from tests.ops.in_memory import BUCKET, Deployed, deploy
from tests.ops.servers import serve
from tests.support.deployment import Deployment


def run(*arguments: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """A deployment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with mock_aws():
            yield deploy()


@pytest.fixture
def live(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """The deployment, as its stack describes it, for every command."""
    aws = make_aws()
    for module in ("preflight.command", "verify.command", "status"):
        monkeypatch.setattr(f"ops.{module}.connect", lambda **_: aws)
    answers = Answers(aws)
    deployed.describe(answers)
    return answers


@dataclass
class Running:
    """What runs in the deployment."""

    kubeconfig: Path
    airflow: FakeAirflow
    url: str

    @property
    def options(self) -> tuple[str, ...]:
        """How a person says where it is."""
        return "--kubeconfig", str(self.kubeconfig), "--url", self.url


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A healthy cluster and Airflow."""
    airflow = FakeAirflow(bucket=BUCKET, states=["success"])
    with serve(FakeKubernetes().respond) as cluster, serve(airflow.respond) as url:
        config = {
            "clusters": [{"name": "c", "cluster": {"server": cluster}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(json.dumps(config), encoding="utf-8")
        yield Running(kubeconfig, airflow, url)


class TestPreflight:
    @pytest.fixture
    def account(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
        with mock_aws():
            aws = make_aws()
            monkeypatch.setattr("ops.preflight.command.connect", lambda **_: aws)
            answers = Answers(aws)
            good_account.prepare(aws, answers)
            yield answers

    @pytest.mark.usefixtures("account")
    def test_passes(self) -> None:
        result = run("preflight", "--context", "size=dev", "-c", "name=mine")
        assert result.exit_code == 0
        assert "preflight · name mine · region us-west-2 · account 123456789012 · size dev" in result.stdout
        assert "0 of 1000 in use" in result.stdout
        assert "CDK bootstrap" in result.stdout
        assert "failure" not in result.stdout

    def test_fails_and_shows_the_rest_all_the_same(self, account: Answers) -> None:
        account.refuse("ssm", "GetParameter", "ParameterNotFound")
        result = run("preflight", "--output", "json")
        assert result.exit_code == 1
        report = json.loads(result.stdout)
        assert (report["command"], report["passed"], report["region"]) == ("preflight", False, "us-west-2")
        failed = [each for each in report["results"] if each["status"] == "failure"]
        assert [each["check"] for each in failed] == ["CDK bootstrap"]
        assert set(failed[0]) == {"group", "check", "status", "found", "advice"}
        assert len(report["results"]) > 30

    def test_credentials_that_expire_half_way(self, account: Answers) -> None:
        account.refuse("eks", "ListClusters", "ExpiredTokenException")
        result = run("preflight")
        assert result.exit_code == 2
        assert result.stderr.strip().endswith("the AWS credentials have expired. Sign in again: `aws sso login`, or "
                                              "renew the keys, then repeat the command.")  # fmt: skip
        assert "Traceback" not in result.output


class TestVerify:
    def test_passes(self, live: Answers, running: Running) -> None:  # noqa: ARG002 - it is what is verified
        result = run("verify", *running.options)
        assert result.exit_code == 0, result.output
        assert re.fullmatch(r"verify: \d+ ok", result.stdout.splitlines()[-1])
        for said in ("airflow-api-server", "claim airflow-dags", "log bucket", BUCKET, "DAG hello_world_scheduled_dag"):
            assert said in result.stdout

    def test_one_fault_among_all_that_is_well(self, live: Answers, running: Running) -> None:
        live.edit("rds", "DescribeDBClusters", lambda it: it["DBClusters"][0].update(Status="stopped"))
        result = run("verify", *running.options, "--output", "json")
        assert result.exit_code == 1
        failed = [each["check"] for each in json.loads(result.stdout)["results"] if each["status"] == "failure"]
        assert failed == ["database"]

    @pytest.mark.parametrize(("options", "exit_code"), [((), 0), (("--strict",), 1)])
    def test_what_cannot_be_seen_from_here(
        self, live: Answers, running: Running, options: tuple[str, ...], exit_code: int
    ) -> None:
        live.edit("eks", "DescribeCluster", _endpoint_that_nobody_answers)
        result = run("verify", "--url", running.url, "--skip-dag", "-o", "json", *options)
        assert result.exit_code == exit_code
        unknown = {each["group"] for each in json.loads(result.stdout)["results"] if each["status"] == "not checked"}
        assert unknown == {"Kubernetes", "Airflow"}

    def test_the_password_is_not_shown(self, live: Answers, running: Running) -> None:  # noqa: ARG002
        running.airflow.password = "another"
        result = run("verify", *running.options)
        assert result.exit_code == 1
        assert PASSWORD not in result.output

    def test_where_nothing_was_deployed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mock_aws():
            monkeypatch.setattr("ops.verify.command.connect", lambda **_: make_aws("eu-west-1"))
            result = run("verify", "--name", "mine", "--region", "eu-west-1")
        assert result.exit_code == 2
        assert result.stderr.startswith("there is no stack mine in eu-west-1 of account 123456789012.")


class TestStatus:
    def test_tells_where_the_password_is_and_not_what_it_is(self, live: Answers, running: Running) -> None:  # noqa: ARG002
        result = run("status", "--kubeconfig", str(running.kubeconfig))
        assert result.exit_code == 0
        secret = "arn:aws:secretsmanager:us-west-2:123456789012:secret:Admin"
        show = f"aws secretsmanager get-secret-value --region us-west-2 --secret-id {secret}"
        assert f"  show the password  {show}" in result.stdout
        assert PASSWORD not in result.output
        assert "airflow-scheduler" in result.stdout

    def test_as_json(self, live: Answers, running: Running) -> None:  # noqa: ARG002
        result = run("status", "-o", "json", "--kubeconfig", str(running.kubeconfig))
        told = json.loads(result.stdout)
        assert told["access"]["URL"].startswith("http://k8s-airflow-1.us-west-2.elb.amazonaws.com (within the VPC;")
        assert told["versions"] == {
            "Apache Airflow": "3.3.2",
            "Kubernetes": "1.36 eks.4",
            "Aurora PostgreSQL": "16.13",
            "Valkey": "7.1.0",
        }
        assert told["helm releases"] == {"airflow": "1.22.0"}
        assert told["add-ons"]["coredns"] == "v1.2.3-eksbuild.1, ACTIVE"
        assert told["runs"]["airflow-api-server"] == "2 of 2 ready"

    def test_what_is_not_known_hides_nothing_else(self, live: Answers) -> None:
        live.refuse("elbv2", "DescribeLoadBalancers", "AccessDenied", "not authorized", 403)
        live.edit("eks", "DescribeCluster", _endpoint_that_nobody_answers)
        result = run("status", "-o", "json")
        told = json.loads(result.stdout)
        assert result.exit_code == 0
        assert told["access"]["URL"].startswith("not known: access denied")
        assert told["runs"]["in the cluster"].startswith("not known: the API server cannot be reached")
        assert told["versions"]["Aurora PostgreSQL"] == "16.13"

    def test_reads_versions_from_templates_as_the_cdk_writes_them(
        self, aws: Deployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ops.status_facts.templates", lambda *_: aws.templates.values())
        facts = {fact.about: fact.value for fact in releases(make_aws(), None)}  # type: ignore[arg-type]
        assert facts["Apache Airflow"] == "3.3.2"
        assert {"airflow", "karpenter", "keda", "external-secrets", "aws-load-balancer-controller"} <= set(facts)


class TestBeforeAnythingIsAsked:
    @pytest.mark.parametrize("command", ["preflight", "verify", "status"])
    def test_no_credentials(self, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        result = run(command)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("no AWS credentials were found. Run `aws configure`")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("preflight", "--context", "size"), "--context size: must be key=value, like --context size=small"),
            (("preflight", "--context", "sise=small"), "sise = small: there is no such setting; did you mean size?"),
            (("preflight", "--profile", "none"), "The config profile (none) could not be found."),
            (("verify", "--region", "mars"), "region = mars: must be "),
            (("status", "--name", "No"), "name = No: "),
        ],
    )
    def test_a_mistake_ends_with_one_message(self, arguments: tuple[str, ...], said: str) -> None:
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(said)

    def test_a_region_says_its_partition(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: dict[str, Any] = {}
        with mock_aws():
            monkeypatch.setattr("ops.verify.command.connect", lambda **where: asked.update(where) or make_aws())
            run("verify", "--region", "cn-northwest-1")
        assert (asked["region"], asked["partition"]) == ("cn-northwest-1", "aws-cn")


def _endpoint_that_nobody_answers(parsed: dict[str, Any]) -> None:
    parsed["cluster"]["endpoint"] = "http://127.0.0.1:9"
    parsed["cluster"]["certificateAuthority"]["data"] = ""
