"""The function that clears the way of a deletion, against a cluster in memory."""

from __future__ import annotations

import subprocess
from typing import Any

import botocore.session
import pytest

from airflow_eks.handlers import clearing
from airflow_eks.handlers.clearing import CONTROLLERS, KARPENTER, STAGES
from airflow_eks.handlers.kubectl import Kubectl, NoClusterError
from tests.constructs.airflow_eks.handlers.events import Answers, error, event, in_state

VALIDATING, MUTATING = clearing._WEBHOOKS
SLICES, DEPLOYMENTS = "endpointslices.discovery.k8s.io", "deployments.apps"
EXTERNAL_SECRETS, SCALED = "externalsecrets.external-secrets.io", "scaledobjects.keda.sh"
INGRESSES, CLAIMS = "ingresses.networking.k8s.io", "nodeclaims.karpenter.sh"
RELEASES = [each.release for each in (*CONTROLLERS, KARPENTER)]

Item = dict[str, Any]


def item(name: str, namespace: str | None = None, *, finalizers: tuple[str, ...] = (), **rest: Any) -> Item:
    metadata: Item = {"name": name, "finalizers": list(finalizers)}
    return {"metadata": metadata | ({"namespace": namespace} if namespace else {}), **rest}


def deployment(release: str, available: int, name: str | None = None) -> Item:
    made = item(name or release, "x", status={"availableReplicas": available})
    made["metadata"]["labels"] = {"app.kubernetes.io/instance": release}
    return made


def webhook(name: str, service: str) -> Item:
    return item(
        name, webhooks=[{"clientConfig": {"service": {"namespace": "x", "name": service}}}, {"clientConfig": {}}]
    )


def endpoints(service: str, ready: bool) -> Item:
    made = item(f"{service}-1", "x", endpoints=[{"conditions": {"ready": ready}}])
    made["metadata"]["labels"] = {"kubernetes.io/service-name": service}
    return made


def api(name: str, *, available: str, service: bool = True) -> Item:
    conditions = [{"type": "Available", "status": available}]
    return item(name, spec={"service": {"name": "s"} if service else None}, status={"conditions": conditions})


class Memory:
    """A cluster: what is deleted stays while it has finalizers, as nobody works who would take them off."""

    def __init__(self, **objects: list[Item]) -> None:
        self.objects = {DEPLOYMENTS: [deployment(each, 1) for each in RELEASES]} | objects
        self.at_once: list[str] = []
        self._leaving: set[int] = set()

    def find(self, kind: str, *, namespace: str | None = None) -> list[Item]:
        return [each for each in self.objects.get(kind, []) if namespace in (None, each["metadata"].get("namespace"))]

    def delete(self, kind: str, item: Item, *, at_once: bool = False) -> None:
        self._leaving.add(id(item))
        if at_once:
            self.at_once.append(item["metadata"]["name"])
        self._collect(kind)

    def free(self, kind: str, item: Item) -> None:
        item["metadata"]["finalizers"] = []
        self._collect(kind)

    def _collect(self, kind: str) -> None:
        self.objects[kind] = [
            each for each in self.objects[kind] if id(each) not in self._leaving or each["metadata"]["finalizers"]
        ]

    def break_(self, release: str) -> None:
        self.objects[DEPLOYMENTS] = [
            deployment(each["metadata"]["name"], int(each["metadata"]["name"] != release))
            for each in self.objects[DEPLOYMENTS]
        ]

    def run(self, stage: str, namespace: str = "") -> list[str]:
        return list(STAGES[stage](self, namespace))  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(clearing.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(clearing.time, "sleep", sleep)
    return now


class TestBeforeEverything:
    def test_nothing_is_done_where_all_is_well(self) -> None:
        memory = Memory(
            **{
                VALIDATING: [webhook("w", "s")],
                MUTATING: [item("without-service", webhooks=[{"clientConfig": {"url": "https://x"}}])],
                SLICES: [endpoints("s", ready=True)],
                clearing._APIS: [api("v1.metrics", available="True"), api("v1.apps", available="False", service=False)],
                EXTERNAL_SECRETS: [item("e", "airflow", finalizers=("x",))],
                SCALED: [item("s", "airflow", finalizers=("finalizer.keda.sh",))],
            }
        )
        assert memory.run("BeforeEverything") == []
        assert memory.find(EXTERNAL_SECRETS)
        assert memory.find(SCALED)

    @pytest.mark.parametrize("kind", [VALIDATING, MUTATING])
    @pytest.mark.parametrize("slices", [[], [endpoints("s", ready=False)], [endpoints("other", ready=True)]])
    def test_a_webhook_that_nobody_answers_for_goes(self, kind: str, slices: list[Item]) -> None:
        memory = Memory(**{kind: [webhook("w", "s")], SLICES: slices})
        [said] = memory.run("BeforeEverything")
        assert said.endswith("w: nobody answers")
        assert memory.find(kind) == []

    @pytest.mark.parametrize("available", ["False", "Unknown"])
    def test_an_api_that_nobody_answers_for_goes(self, available: str) -> None:
        memory = Memory(**{clearing._APIS: [api("v1beta1.external.metrics.k8s.io", available=available)]})
        assert memory.run("BeforeEverything")
        assert memory.find(clearing._APIS) == []

    @pytest.mark.parametrize("controller", CONTROLLERS, ids=[each.release for each in CONTROLLERS])
    def test_what_only_a_broken_controller_could_finish_goes(self, controller: clearing.Controller) -> None:
        finalizer = f"x.{controller.finalizer}y"
        memory = Memory(**{kind: [item("a", "n", finalizers=(finalizer,))] for kind in controller.kinds})
        memory.break_(controller.release)
        said = memory.run("BeforeEverything")
        assert len(said) == len(controller.kinds)
        assert all(controller.release in each for each in said)
        assert not [each for kind in controller.kinds for each in memory.find(kind)]

    def test_one_of_several_deployments_is_enough_to_be_broken(self) -> None:
        memory = Memory(**{EXTERNAL_SECRETS: [item("e", "airflow")]})
        memory.objects[DEPLOYMENTS].append(deployment("external-secrets", 0, "external-secrets-webhook"))
        assert memory.run("BeforeEverything")

    def test_what_somebody_elses_controller_finishes_stays(self) -> None:
        memory = Memory(**{INGRESSES: [item("nginx", "n", finalizers=("nginx.org/x",)), item("none", "n")]})
        memory.break_("aws-load-balancer-controller")
        assert memory.run("BeforeEverything") == []
        assert len(memory.find(INGRESSES)) == 2

    def test_karpenter_has_a_time_of_its_own(self) -> None:
        node = item("ip-10-0-0-1", finalizers=("karpenter.sh/termination",))
        memory = Memory(
            **{CLAIMS: [item("c", finalizers=("karpenter.sh/termination",))], "nodes": [node, item("system")]}
        )
        memory.break_("karpenter")
        assert memory.run("BeforeEverything") == []
        assert len(memory.run("BeforeNodePools")) == 2
        assert memory.find(CLAIMS) == []
        assert [each["metadata"]["name"] for each in memory.find("nodes")] == ["system"]


class TestBeforeNamespace:
    def test_an_empty_one_is_not_waited_for(self, clock: list[float]) -> None:
        assert Memory(pods=[item("p", "other")]).run("BeforeNamespace", "airflow") == []
        assert clock == [0.0]

    def test_what_goes_by_itself_is_waited_for(self, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        memory = Memory(pods=[item("p", "airflow")])

        def sleep(seconds: float) -> None:
            clock[0] += seconds
            if clock[0] > 60:
                memory.objects["pods"] = []

        monkeypatch.setattr(clearing.time, "sleep", sleep)
        assert memory.run("BeforeNamespace", "airflow") == []
        assert memory.at_once == []

    def test_what_nobody_asks_to_go_is_asked_and_not_waited_for(self, clock: list[float]) -> None:
        ended = item("pi", "airflow", status={"applicationState": {"state": "COMPLETED"}})
        memory = Memory(**{"sparkapplications.sparkoperator.k8s.io": [ended]})
        assert memory.run("BeforeNamespace", "airflow") == []
        assert memory.find("sparkapplications.sparkoperator.k8s.io") == []
        assert clock == [0.0]

    def test_what_would_not_go_goes(self, clock: list[float]) -> None:
        claim = item("c", "airflow", finalizers=("kubernetes.io/pvc-protection",))
        service = item("with", "airflow", finalizers=("service.k8s.aws/resources",))
        memory = Memory(
            pods=[item("p", "airflow"), item("p", "other")],
            persistentvolumeclaims=[claim],
            services=[service, item("without", "airflow")],
        )
        said = memory.run("BeforeNamespace", "airflow")
        assert said == ["pods/airflow/p would not go", "persistentvolumeclaims/airflow/c would not go",
                        "services/airflow/with would not go"]  # fmt: skip
        assert memory.at_once == ["p"]
        assert len(memory.find("pods")) == 1
        assert [each["metadata"]["name"] for each in memory.find("services")] == ["without"]
        assert clock[0] < 15 * 60

    def test_its_webhooks_may_have_broken_in_the_meantime(self, clock: list[float]) -> None:
        memory = Memory(**{VALIDATING: [webhook("w", "s")]})
        assert memory.run("BeforeNamespace", "airflow")
        assert clock


class TestHandle:
    @pytest.fixture(autouse=True)
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> Answers:
        answers = Answers(describe_stacks=[in_state("DELETE_IN_PROGRESS")])
        monkeypatch.setattr(Kubectl, "login", lambda _cluster: Memory())
        monkeypatch.setattr(botocore.session.Session, "create_client", lambda _session, service: answers(service))
        return answers

    @pytest.mark.parametrize("state", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
    @pytest.mark.parametrize("stage", [*STAGES, "AfterControllers"])
    def test_a_deployment_that_lives_on_is_left_alone(
        self, answers: Answers, monkeypatch: pytest.MonkeyPatch, state: str, stage: str
    ) -> None:
        answers.answers["describe_stacks"] = [in_state(state)]
        monkeypatch.delattr(Kubectl, "login")
        said = clearing.handle(event("Delete", Stage=stage, ClusterName="airflow", VpcId="vpc-1", Namespace="n"))
        assert state in said
        assert [name for name, _ in answers.calls] == ["describe_stacks"]

    @pytest.mark.parametrize("stage", [*STAGES, "AfterControllers"])
    @pytest.mark.parametrize("kind", ["Create", "Update"])
    def test_only_a_deletion_is_its_business(self, stage: str, kind: str) -> None:
        said = clearing.handle(event(kind, Stage=stage, ClusterName="airflow", VpcId="vpc-1", Namespace="n"))
        assert said == "nothing to do"

    def test_a_cluster_that_is_gone_has_nothing_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def login(cluster: str) -> Kubectl:
            raise NoClusterError(cluster)

        monkeypatch.setattr(Kubectl, "login", login)
        assert "no cluster" in clearing.handle(event("Delete", Stage="BeforeEverything", ClusterName="airflow"))

    @pytest.mark.parametrize("works", [True, False])
    def test_a_load_balancer_that_nobody_looks_after_goes_before_its_certificate(
        self, answers: Answers, monkeypatch: pytest.MonkeyPatch, works: bool
    ) -> None:
        memory, arn = Memory(), "arn:load-balancer"
        if not works:
            memory.break_("aws-load-balancer-controller")
        monkeypatch.setattr(Kubectl, "login", lambda _cluster: memory)
        tags = [{"Key": "elbv2.k8s.aws/cluster", "Value": "airflow"}]
        answers.answers["describe_load_balancers"] = [{"LoadBalancers": [{"LoadBalancerArn": arn}]}]
        answers.answers["describe_tags"] = [{"TagDescriptions": [{"ResourceArn": arn, "Tags": tags}]}]
        clearing.handle(event("Delete", Stage="BeforeEverything", ClusterName="airflow"))
        assert answers.changes() == ([] if works else [("delete_load_balancer", {"LoadBalancerArn": arn})])

    def test_in_doubt_nothing_is_done(self, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
        answers.answers["describe_stacks"] = [error("AccessDenied")]
        monkeypatch.delattr(Kubectl, "login")
        said = clearing.handle(event("Delete", Stage="AfterControllers", ClusterName="airflow", VpcId="vpc-1"))
        assert said.startswith("nothing done")

    def test_what_fails_is_told_and_does_not_end_the_deletion(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Refused(Memory):
            def find(self, kind: str, *, namespace: str | None = None) -> list[Item]:
                raise subprocess.CalledProcessError(1, ["kubectl", "get", kind, str(namespace)], b"", b"Forbidden")

        monkeypatch.setattr(Kubectl, "login", lambda _cluster: Refused())
        assert "kubectl" in clearing.handle(event("Delete", Stage="BeforeEverything", ClusterName="airflow"))
