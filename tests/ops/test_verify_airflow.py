"""Airflow from sign-in to log, against a REST API on loopback that behaves like Airflow's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from moto import mock_aws
from rich.console import Console

from ops.airflow_api import AirflowApi
from ops.aws import Aws
from ops.checks import NotCheckedError, Runner
from ops.entry import Entry
from ops.errors import OpsError
from ops.names import HELLO_DAG
from ops.report import Result, Status
from ops.stack import DeployedStack
from ops.verify.command import CHECKS
from ops.verify.subject import DagTest, Deployment
from tests.ops.answers import make_aws
from tests.ops.fake_airflow import PASSWORD, USER, FakeAirflow
from tests.ops.servers import serve

ROOT = Path(__file__).parents[2]
IN_AIRFLOW = [check for check in CHECKS if check.group == "Airflow"]
BUCKET = "logs-of-airflow"
DAG, LOG = f"DAG {HELLO_DAG}", "log of say_hello"


@dataclass
class Live:
    """An Airflow to change, and then to look at."""

    aws: Aws
    stack: DeployedStack
    fake: FakeAirflow
    url: str | None
    skip: bool = False
    timeout_seconds: int = 5

    def subject(self) -> Deployment:
        """What the checks look at."""
        return Deployment(
            aws=self.aws,
            stack=self.stack,
            kubernetes=NotCheckedError("not asked here"),
            url=self.url,
            dag_test=DagTest(
                dag_id=HELLO_DAG,
                skip=self.skip,
                timeout_seconds=self.timeout_seconds,
                poll_seconds=0.01,
                log_seconds=0.05,
            ),
        )

    def results(self) -> dict[str, Result]:
        """Every result, by the name of its check."""
        return results_of(self.subject())


def results_of(subject: Deployment) -> dict[str, Result]:
    runner = Runner(unknown=Status.NOT_CHECKED, console=Console(file=io.StringIO()))
    return {result.check: result for result in runner.run(IN_AIRFLOW, subject)}


@pytest.fixture
def live() -> Iterator[Live]:
    """A healthy Airflow, its administrator's secret in Secrets Manager."""
    airflow = FakeAirflow(bucket=BUCKET)
    with mock_aws(), serve(airflow.respond) as url:
        aws = make_aws()
        secret = aws.client("secretsmanager").create_secret(
            Name="Admin", SecretString=json.dumps({"username": USER, "password": PASSWORD})
        )
        stack = DeployedStack(
            name="airflow",
            id="",
            status="CREATE_COMPLETE",
            status_reason="",
            description="",
            termination_protection=False,
            outputs={"AdminSecretArn": secret["ARN"], "LogBucketName": BUCKET, "ClusterName": "airflow"},
            resources=(),
        )
        yield Live(aws, stack, airflow, url)


def test_passes_on_a_healthy_airflow(live: Live) -> None:
    results = live.results()
    assert {result.status for result in results.values()} == {Status.OK}, results
    assert "version 3.3.2" in results["Airflow"].found
    assert results["sign-in"].found == "as admin, with the password in Secrets Manager"
    assert "succeeded" in results[DAG].found
    assert results[LOG].found.endswith(f"read from {live.fake.log_sources[0]}")


def test_the_password_is_in_no_result(live: Live) -> None:
    live.fake.password = "another"
    assert PASSWORD not in str(live.results())


class TestTheDag:
    def test_a_paused_dag_is_woken_and_put_to_sleep_again(self, live: Live) -> None:
        live.results()
        assert live.fake.pauses == [False, True]

    def test_a_running_dag_is_left_alone(self, live: Live) -> None:
        live.fake.paused = False
        live.results()
        assert live.fake.pauses == []

    def test_a_dag_that_git_sync_has_yet_to_bring(self, live: Live) -> None:
        live.fake.unknown_for = 3
        assert live.results()[DAG].status is Status.OK

    def test_a_dag_that_never_comes(self, live: Live) -> None:
        live.fake.unknown_for, live.timeout_seconds = 10**6, 0
        dag = live.results()["sample DAG"]
        assert dag.status is Status.FAILURE
        assert "Airflow knows no DAG" in dag.found
        assert "git-sync" in dag.found

    def test_a_run_that_fails(self, live: Live) -> None:
        live.fake.states = ["running", "failed"]
        result = live.results()[DAG]
        assert result.status is Status.FAILURE
        assert "is failed (say_hello failed, check_greeting failed)" in result.found
        assert live.fake.pauses == [False, True]

    def test_a_run_that_no_worker_takes(self, live: Live) -> None:
        live.fake.states, live.timeout_seconds = ["queued"], 1
        result = live.results()[DAG]
        assert result.status is Status.FAILURE
        assert "is still queued after 1 s" in result.found

    def test_left_out(self, live: Live) -> None:
        live.skip = True
        result = live.results()[DAG]
        assert (result.status, result.found) == (Status.NOT_CHECKED, "left out (--skip-dag)")
        assert not any(method == "POST" and "dagRuns" in path for method, path, _ in live.fake.calls)

    def test_a_log_that_arrives_late(self, live: Live) -> None:
        live.fake.log_sources = ["http://10.0.0.9:8793/log", *live.fake.log_sources]
        assert live.results()[LOG].status is Status.OK

    def test_a_log_that_never_reaches_the_bucket(self, live: Live) -> None:
        live.fake.log_sources = ["http://10.0.0.9:8793/log"]
        log = live.results()[LOG]
        assert log.status is Status.FAILURE
        assert log.found == f"not read from s3://{BUCKET}/ but from http://10.0.0.9:8793/log"


class TestAirflow:
    def test_a_scheduler_that_is_ill(self, live: Live) -> None:
        live.fake.health["scheduler"] = "unhealthy"
        airflow = live.results()["Airflow"]
        assert (airflow.status, airflow.found) == (Status.FAILURE, "scheduler is unhealthy")

    def test_a_password_that_airflow_does_not_know(self, live: Live) -> None:
        live.fake.password = "another"
        sign_in = live.results()["sign-in"]
        assert sign_in.status is Status.FAILURE
        assert "refuses the password that Secrets Manager has for admin" in sign_in.found

    def test_a_dag_file_with_a_mistake(self, live: Live) -> None:
        trace = "Traceback …\nNameError: name 'x' is not defined\n"
        live.fake.import_errors = [{"filename": "broken.py", "stack_trace": trace}]
        files = live.results()["DAG files"]
        assert files.status is Status.FAILURE
        assert files.found == "broken.py: NameError: name 'x' is not defined"

    def test_an_address_that_leads_elsewhere(self, live: Live) -> None:
        live.fake.broken["/auth/token"] = (301, "https://airflow.example.com/auth/token")
        sign_in = live.results()["sign-in"]
        assert sign_in.status is Status.FAILURE
        assert "give that as --url" in sign_in.found

    def test_a_load_balancer_with_nothing_behind_it(self, live: Live) -> None:
        live.fake.broken["/"] = (503, {})
        results = live.results()
        assert results["Airflow"].status is Status.FAILURE
        assert "has no Airflow behind it (503)" in results["Airflow"].found

    def test_something_that_is_not_airflow(self, live: Live) -> None:
        live.fake.broken["/api"] = (404, "a page")
        assert "answered 404" in live.results()["Airflow"].found

    @pytest.mark.parametrize("url", ["airflow.example.com", "file:///etc/passwd", "https://"])
    def test_a_url_that_is_none(self, url: str) -> None:
        with pytest.raises(OpsError, match="must be a URL"):
            AirflowApi(url)


class TestWhereItCannotBeReached:
    def test_at_the_url_that_a_person_gave(self, live: Live) -> None:
        live.url = "http://127.0.0.1:9"
        results = live.results()
        assert {result.status for result in results.values()} == {Status.FAILURE}
        assert "http://127.0.0.1:9 does not answer" in results["Airflow"].found

    @pytest.mark.parametrize(("internal", "status"), [(True, Status.NOT_CHECKED), (False, Status.FAILURE)])
    def test_at_its_load_balancer(
        self, live: Live, monkeypatch: pytest.MonkeyPatch, *, internal: bool, status: Status
    ) -> None:
        live.url = None
        entry = Entry(
            arn="",
            address="127.0.0.1:9",
            internal=internal,
            state="active",
            https=False,
            host=None,
            targets=("healthy",),
        )
        monkeypatch.setattr("ops.verify.subject.find_entry", lambda *_: entry)
        airflow = live.results()["Airflow"]
        assert airflow.status is status
        assert ("--url http://localhost:8080" in airflow.advice) is internal

    def test_where_there_is_no_load_balancer(self, live: Live) -> None:
        live.url = None
        assert live.results()["Airflow"].status is Status.NOT_CHECKED


def test_the_calls_are_those_of_the_real_api(live: Live) -> None:
    """What the fake was asked, against the OpenAPI documents of the Airflow that is deployed."""
    documents = sorted(ROOT.glob(".venv-airflow/lib/python3*/site-packages/airflow/**/openapi/v2-*.yaml"))
    known = [document for document in documents if "simple" not in document.parts]
    if len(known) < 2:
        pytest.skip("Airflow is not installed: make setup")
    operations: dict[tuple[str, ...], dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for document in known:
        api = yaml.load(document.read_text(encoding="utf-8"), yaml.CSafeLoader)
        operations |= {tuple(path.split("/")): methods for path, methods in api["paths"].items()}
        schemas |= api["components"]["schemas"]
    live.results()
    assert len({path for _, path, _ in live.fake.calls}) >= 9
    for method, path, body in live.fake.calls:
        operation = _operation(operations, path)[method.lower()]
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            Draft202012Validator({**schema, "components": {"schemas": schemas}}).validate(body)


def _operation(operations: dict[tuple[str, ...], dict[str, Any]], path: str) -> dict[str, Any]:
    parts = path.split("/")
    for pattern, methods in operations.items():
        pairs = list(zip(pattern, parts, strict=False))
        if len(pattern) == len(parts) and all(want == got or want.startswith("{") for want, got in pairs):
            return methods
    raise AssertionError(f"the real API has nothing at {path}")
