"""The check of Spark, against an API server on loopback."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from rich.console import Console

from ops.checks import Runner
from ops.kubernetes_api import eks_api
from ops.report import Result, Status
from ops.stack import Resource
from ops.verify.command import CHECKS
from ops.verify.subject import DagTest, Deployment
from tests.ops.answers import make_aws
from tests.ops.fake_kubernetes import FakeKubernetes, deployment, listed
from tests.ops.servers import serve
from tests.ops.test_verify_kubernetes import STACK, Cluster

OPERATOR = "/apis/apps/v1/namespaces/spark-operator/deployments"
QUOTAS = "/api/v1/resourcequotas"
APPLICATIONS = "/apis/sparkoperator.k8s.io/v1beta2/sparkapplications"
NESTED = Resource(
    type="AWS::CloudFormation::Stack",
    logical_id="SparkNestedStackSparkNestedStackResource1",
    physical_id="",
    status="",
    stack="",
)


def quota(namespace: str) -> dict[str, Any]:
    hard = {"requests.cpu": "64", "requests.memory": "256Gi", "pods": "100"}
    used = {"requests.cpu": "3", "requests.memory": "5Gi", "pods": "3"}
    return {"metadata": {"name": "team", "namespace": namespace}, "status": {"hard": hard, "used": used}}


def application(state: str) -> dict[str, Any]:
    return {"metadata": {"name": state.lower()}, "status": {"applicationState": {"state": state}}}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A healthy cluster with a team and three applications."""
    kubernetes = FakeKubernetes()
    kubernetes.objects |= {
        OPERATOR: listed(
            *(deployment("spark-operator", f"spark-operator-{name}", replicas=2) for name in ("controller", "webhook"))
        ),
        QUOTAS: listed(quota("spark-team-a"), quota("somebody-elses")),
        APPLICATIONS: listed(application("COMPLETED"), application("COMPLETED"), application("FAILED")),
    }
    with serve(kubernetes.respond) as url:
        yield Cluster(fake=kubernetes, url=url)


def check(cluster: Cluster, *, switched_on: bool = True) -> list[Result]:
    stack = dataclasses.replace(STACK, resources=(*STACK.resources, NESTED)) if switched_on else STACK
    with mock_aws():
        aws = make_aws()
        with eks_api(aws, cluster.described()) as api:
            subject = Deployment(
                aws=aws,
                stack=stack,
                kubernetes=api,
                dag_test=DagTest(dag_id="hello", skip=True, timeout_seconds=1),
            )
            runner = Runner(unknown=Status.NOT_CHECKED, console=Console(file=io.StringIO()))
            return list(runner.run([each for each in CHECKS if each.name == "Spark"], subject))


def test_it_says_what_teams_use_and_how_jobs_ended(cluster: Cluster) -> None:
    (result,) = check(cluster)
    assert result.status is Status.OK
    assert result.found == (
        "spark-team-a: 3 of 64 CPUs, 5Gi of 256Gi memory, 3 of 100 pods; applications: 2 completed, 1 failed"
    )


def test_where_it_is_switched_off_nothing_is_said(cluster: Cluster) -> None:
    assert check(cluster, switched_on=False) == []


def test_an_operator_that_is_gone(cluster: Cluster) -> None:
    del cluster.fake.items(OPERATOR)[1]
    (result,) = check(cluster)
    assert result.status is Status.FAILURE
    assert "spark-operator-webhook does not exist" in result.found


def test_no_team(cluster: Cluster) -> None:
    cluster.fake.objects[QUOTAS] = listed()
    (result,) = check(cluster)
    assert result.status is Status.FAILURE
    assert "there is no team" in result.found
