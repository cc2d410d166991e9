"""Checks within the cluster, against an API server on loopback."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from moto import mock_aws
from rich.console import Console

from ops import names
from ops.aws import is_loopback
from ops.checks import NotCheckedError, Runner
from ops.errors import OpsError
from ops.kubernetes_api import KubernetesApi, eks_api, kubeconfig_api
from ops.kubernetes_token import cluster_token
from ops.report import Result, Status
from ops.stack import DeployedStack, Resource
from ops.verify.command import CHECKS
from ops.verify.subject import DagTest, Deployment
from tests.ops import fake_kubernetes as fake
from tests.ops.answers import make_aws
from tests.ops.fake_kubernetes import FakeKubernetes
from tests.ops.servers import serve

IN_CLUSTER = [check for check in CHECKS if check.group == "Kubernetes"]
STACK = DeployedStack(
    name="airflow",
    id="",
    status="CREATE_COMPLETE",
    status_reason="",
    description="",
    termination_protection=False,
    outputs={},
    resources=tuple(
        Resource(type=type_, logical_id="", physical_id=id_, status="", stack="")
        for type_, id_ in (
            ("AWS::EFS::FileSystem", "fs-1"),
            *(("AWS::EKS::Addon", f"airflow|{addon}") for addon in names.ADDON_CONTROLLERS),
        )
    ),
)


@dataclass
class Cluster:
    """A cluster to change, and then to look at."""

    fake: FakeKubernetes
    url: str

    def described(self, **access: object) -> dict[str, object]:
        """As EKS describes it."""
        return {
            "name": "airflow",
            "endpoint": self.url,
            "certificateAuthority": {"data": base64.b64encode(b"not used for http").decode()},
            "resourcesVpcConfig": {"endpointPublicAccess": False, **access},
        }

    def results(self, stack: DeployedStack = STACK, **access: object) -> dict[str, Result]:
        """Every result, by the name of its check."""
        with mock_aws():
            aws = make_aws()
            with eks_api(aws, self.described(**access)) as api:
                return results_of(api, stack)


def results_of(api: KubernetesApi | NotCheckedError, stack: DeployedStack = STACK) -> dict[str, Result]:
    test = DagTest(dag_id="hello", skip=True, timeout_seconds=1)
    subject = Deployment(aws=make_aws(), stack=stack, kubernetes=api, dag_test=test)
    runner = Runner(unknown=Status.NOT_CHECKED, console=Console(file=io.StringIO()))
    return {result.check: result for result in runner.run(IN_CLUSTER, subject)}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A healthy cluster."""
    kubernetes = FakeKubernetes()
    with serve(kubernetes.respond) as url:
        yield Cluster(kubernetes, url)


def test_passes_on_a_healthy_cluster(cluster: Cluster) -> None:
    results = cluster.results()
    assert {result.status for result in results.values()} == {Status.OK}, results
    assert results["API server"].found == "answers, Kubernetes v1.36.1-eks-0123456"
    assert results["nodes"].found == "3 ready, arm64: 1 in us-west-2a, 1 in us-west-2b, 1 in us-west-2c"
    assert results["airflow-worker-main"].found == "0/0 ready: scaled to zero while nothing is queued"
    assert results["ingress"].found == fake.ADDRESS
    for component in names.AIRFLOW_COMPONENTS:
        assert f"airflow-{component}" in results


def test_workers_of_a_further_queue_are_looked_at(cluster: Cluster) -> None:
    cluster.fake.objects[fake.DEPLOYMENTS]["items"].append(
        fake.deployment(names.AIRFLOW_NAMESPACE, "airflow-worker-reports", replicas=3, ready=2)
    )
    assert cluster.results()["airflow-worker-reports"].status is Status.FAILURE


@pytest.mark.parametrize("addon", names.ADDON_CONTROLLERS)
def test_the_controller_of_an_addon_is_missed_where_the_addon_is_on(cluster: Cluster, addon: str) -> None:
    controller = names.ADDON_CONTROLLERS[addon]
    deployments = cluster.fake.items(fake.ALL_DEPLOYMENTS)
    deployments[:] = [each for each in deployments if each["metadata"]["name"] != controller[1]]
    assert f"{'/'.join(controller)} does not exist" in cluster.results()["controllers"].found
    without = replace(STACK, resources=tuple(each for each in STACK.resources if addon not in each.physical_id))
    assert cluster.results(without)["controllers"].status is Status.OK


def test_what_somebody_else_runs_is_no_fault_of_the_platforms(cluster: Cluster) -> None:
    cluster.fake.items(fake.ALL_DEPLOYMENTS).append(fake.deployment("a-tenant", "their-own", replicas=2, ready=0))
    cluster.fake.items(fake.DEPLOYMENTS).append(
        fake.deployment(names.AIRFLOW_NAMESPACE, "worker-of-somebody", replicas=1, ready=0)
    )
    results = cluster.results()
    assert {result.status for result in results.values()} == {Status.OK}
    assert "their-own" not in results["controllers"].found


def _set(kind: str, index: int, change: Callable[[fake.Object], object]) -> Callable[[FakeKubernetes], object]:
    return lambda kubernetes: change(kubernetes.items(kind)[index])


def _not_ready(each: fake.Object) -> None:
    each["status"]["conditions"][0]["status"] = "False"


FAULTS: tuple[tuple[str, Callable[[FakeKubernetes], object], str], ...] = (
    ("nodes", _set(fake.NODES, 1, _not_ready), "ip-10-0-1-7 is not ready: Because: somebody said so"),
    ("nodes", _set(fake.NODES, 0, lambda it: it["status"]["nodeInfo"].update(architecture="amd64")), "is amd64"),
    ("nodes", lambda it: it.items(fake.NODES).clear(), "there is none"),
    ("claim airflow-dags", lambda it: it.objects[fake.CLAIM]["status"].update(phase="Pending"), "is Pending"),
    ("claim airflow-dags", lambda it: it.objects.pop(fake.CLAIM), "does not exist"),
    ("secrets", _set(fake.SECRETS, 0, _not_ready), "airflow-metadata-connection: Because"),
    ("secrets", lambda it: it.objects.pop(fake.SECRETS), "there is none"),
    ("secrets", _set(fake.SECRETS, 1, lambda it: it.pop("status")), "says nothing of Ready yet"),
    ("node pools", _set(fake.POOLS, 1, _not_ready), "NodePool airflow-workers: Because"),
    ("node pools", lambda it: it.items(fake.POOLS).pop(), "NodePool airflow-workers does not exist"),
    ("node pools", _set(fake.CLASSES, 0, _not_ready), "EC2NodeClass default: Because"),
    ("controllers", lambda it: it.items(fake.ALL_DEPLOYMENTS).pop(0), "kube-system/coredns does not exist"),
    ("controllers", _set(fake.ALL_DEPLOYMENTS, 3, lambda it: it["status"].pop("readyReplicas")),
     "keda/keda-operator has 0 of 2 replicas ready"),
    ("airflow-scheduler", _set(fake.DEPLOYMENTS, 1, lambda it: it["status"].update(readyReplicas=1)), "1/2 ready"),
    ("airflow-scheduler", _set(fake.DEPLOYMENTS, 1, lambda it: it["metadata"].update(generation=4)), "0/2 ready"),
    ("airflow-statsd", lambda it: it.items(fake.DEPLOYMENTS).pop(), "does not exist"),
    ("scaling", _set(fake.SCALERS, 0, _not_ready), "airflow-worker-main: Because"),
    ("scaling", lambda it: it.items(fake.SCALERS).clear(), "there is no ScaledObject"),
    ("ingress", _set(fake.INGRESSES, 0, lambda it: it.update(status={"loadBalancer": {}})), "has no address"),
    ("ingress", lambda it: it.items(fake.INGRESSES).clear(), "does not exist"),
)  # fmt: skip


@pytest.mark.parametrize(("check", "change", "said"), FAULTS, ids=[f"{row[0]}: {row[2]}" for row in FAULTS])
def test_a_fault(cluster: Cluster, check: str, change: Callable[[FakeKubernetes], object], said: str) -> None:
    change(cluster.fake)
    result = cluster.results()[check]
    assert result.status is Status.FAILURE
    assert said in result.found
    assert result.advice


def test_a_component_may_be_a_stateful_set(cluster: Cluster) -> None:
    deployments = cluster.fake.items(fake.DEPLOYMENTS)
    triggerer = next(each for each in deployments if each["metadata"]["name"] == "airflow-triggerer")
    deployments.remove(triggerer)
    cluster.fake.items(fake.STATEFUL_SETS).append(triggerer)
    assert cluster.results()["airflow-triggerer"].status is Status.OK


class TestWhoMayLook:
    def test_the_caller_shows_a_token_for_the_cluster(self, cluster: Cluster) -> None:
        cluster.results()
        (shown,) = cluster.fake.tokens
        kind, _, token = shown.partition(" ")
        assert kind == "Bearer"
        assert token.startswith("k8s-aws-v1.")

    @pytest.mark.parametrize(
        ("region", "host"),
        [
            ("us-west-2", "sts.us-west-2.amazonaws.com"),
            ("cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn"),
        ],
    )
    def test_the_token_is_a_signed_request_to_the_regions_sts(self, region: str, host: str) -> None:
        token = cluster_token(make_aws(region), "airflow").removeprefix("k8s-aws-v1.")
        url = urlsplit(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
        query = parse_qs(url.query)
        assert url.hostname == host
        assert query["Action"] == ["GetCallerIdentity"]
        assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
        assert query["X-Amz-Expires"] == ["60"]

    @pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
    def test_who_is_no_administrator_sees_nothing(self, cluster: Cluster, status: HTTPStatus) -> None:
        cluster.fake.refused["*"] = int(status)
        results = cluster.results()
        assert {result.status for result in results.values()} == {Status.NOT_CHECKED}
        assert "cluster.administrators" in results["API server"].advice

    def test_what_may_not_be_read_hides_nothing_else(self, cluster: Cluster) -> None:
        cluster.fake.refused[fake.SECRETS] = 403
        results = cluster.results()
        assert results["secrets"].status is Status.NOT_CHECKED
        assert results["node pools"].status is Status.OK

    def test_an_api_server_that_is_ill(self, cluster: Cluster) -> None:
        cluster.fake.refused[fake.NODES] = 500
        nodes = cluster.results()["nodes"]
        assert nodes.status is Status.FAILURE
        assert nodes.found.startswith("the API server answered 500")


class TestWhereItCannotBeReached:
    def test_a_private_endpoint(self) -> None:
        results = Cluster(FakeKubernetes(), "http://127.0.0.1:9").results()
        assert {result.status for result in results.values()} == {Status.NOT_CHECKED}
        assert results["API server"].found.startswith("the API server cannot be reached: ")
        assert "answers only within the VPC" in results["API server"].advice
        assert results["nodes"].found == "the API server cannot be reached, see above"

    def test_a_public_endpoint_for_others(self) -> None:
        access = {"endpointPublicAccess": True, "publicAccessCidrs": ["192.0.2.0/24"]}
        assert "192.0.2.0/24" in Cluster(FakeKubernetes(), "http://127.0.0.1:9").results(**access)["API server"].advice

    def test_an_aws_in_memory_has_no_api_server(self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        cluster.url = "https://0123456789.gr7.us-west-2.eks.amazonaws.com"
        monkeypatch.setattr("ops.aws.Aws.endpoint", "http://127.0.0.1:5000")
        with pytest.raises(NotCheckedError, match="in memory"):
            cluster.results()

    def test_why_there_is_no_api(self) -> None:
        results = results_of(NotCheckedError("somebody said no", "Ask again."))
        assert {result.status for result in results.values()} == {Status.NOT_CHECKED}
        assert (results["API server"].found, results["API server"].advice) == ("somebody said no", "Ask again.")
        assert results["nodes"].found == "the API server cannot be asked, see above"


class TestKubeconfig:
    def test_reaches_the_cluster_as_the_file_says(self, cluster: Cluster, tmp_path: Path) -> None:
        results = results_of(kubeconfig_api(_kubeconfig(tmp_path, cluster.url), "tunnel"))
        assert {result.status for result in results.values()} == {Status.OK}
        assert cluster.fake.tokens == {"Bearer from-the-file"}

    def test_a_context_that_is_not_in_it(self, cluster: Cluster, tmp_path: Path) -> None:
        with pytest.raises(OpsError, match="--kubeconfig"):
            kubeconfig_api(_kubeconfig(tmp_path, cluster.url), "other")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(OpsError, match="--kubeconfig"):
            kubeconfig_api(tmp_path / "none", None)

    def test_a_tunnel_that_is_closed(self, tmp_path: Path) -> None:
        results = results_of(kubeconfig_api(_kubeconfig(tmp_path, "http://127.0.0.1:9"), "tunnel"))
        assert results["API server"].status is Status.NOT_CHECKED
        assert "tunnel" in results["API server"].advice


def _kubeconfig(folder: Path, url: str) -> Path:
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": "from-the-file"}}],
                "contexts": [{"name": "tunnel", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "tunnel",
            }
        ),
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("url", "loopback"),
    [("http://127.0.0.1:5000", True), ("http://localhost:1", True), ("http://[::1]:1", True),
     ("https://sts.us-west-2.amazonaws.com", False), ("https://localhost.example.com", False)],
)  # fmt: skip
def test_what_is_loopback(url: str, *, loopback: bool) -> None:
    assert is_loopback(url) is loopback
