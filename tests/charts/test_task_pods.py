"""The home of task pods: who may start one, how much, where, and whom it may talk to."""

from __future__ import annotations

from typing import Any

import celpy
import pytest

from charts.airflow.task_pods import pod_template
from charts.placement import TASK_PODS_POOL
from tests.charts.builders import Object, build_charts, release_values, settings_for
from tests.charts.test_network_policies import AGENT, AWS, DATABASE, METADATA, Pod, airflow, can_talk
from tests.charts.test_spark_chart import READS, allowed, named, policy
from tests.support.scheduling import homes, pools

NAMESPACE = "task-pods"
POD: Pod = (NAMESPACE, {"dag_id": "pods"})
VPC_ENDPOINT, WAREHOUSE, OTHER = "10.0.200.5", "198.51.100.7", "203.0.113.9"


@pytest.fixture(scope="module")
def charts() -> dict[str, list[Object]]:
    return build_charts(settings_for("aws"))


@pytest.fixture(scope="module")
def home(charts: dict[str, list[Object]]) -> list[Object]:
    return charts["task-pods"]


@pytest.fixture(scope="module")
def policies(charts: dict[str, list[Object]]) -> list[Object]:
    return [item for chart in charts.values() for item in chart if item["kind"] == "NetworkPolicy"]


def test_workers_start_pods_and_read_what_they_return(home: list[Object]) -> None:
    starts = {("pods", "create"), ("pods", "patch"), ("pods", "delete"), ("pods/exec", "get"), ("pods/exec", "create")}
    assert allowed(home, NAMESPACE, "airflow-worker") == READS | starts


def test_triggerers_follow_pods_and_end_those_of_cancelled_tasks(home: list[Object]) -> None:
    assert allowed(home, NAMESPACE, "airflow-triggerer") == READS | {("pods", "delete")}


def test_nobody_else_is_let_in(home: list[Object]) -> None:
    subjects = {
        (each["namespace"], each["name"])
        for binding in home
        if binding["kind"] == "RoleBinding"
        for each in binding["subjects"]
    }
    assert subjects == {("airflow", "airflow-worker"), ("airflow", "airflow-triggerer")}
    assert not [each for each in home if each["kind"].startswith("ClusterRole")]


def test_workers_start_no_pods_among_airflows_own(charts: dict[str, list[Object]]) -> None:
    assert release_values(charts["airflow"], "airflow")["allowPodLaunching"] is False


def test_a_pod_has_no_token_of_the_cluster(home: list[Object]) -> None:
    assert named(home, "ServiceAccount", NAMESPACE)["task"]["automountServiceAccountToken"] is False
    assert pod_template(24)["spec"]["automountServiceAccountToken"] is False


def test_the_namespace_takes_restricted_pods_within_a_quota(home: list[Object]) -> None:
    (namespace,) = [each["metadata"] for each in home if each["kind"] == "Namespace"]
    assert (namespace["name"], namespace["labels"]["pod-security.kubernetes.io/enforce"]) == (NAMESPACE, "restricted")
    quota = named(home, "ResourceQuota", NAMESPACE)[NAMESPACE]["spec"]["hard"]
    assert (quota["requests.cpu"], quota["requests.memory"], quota["pods"]) == ("128", "512Gi", "400")
    (limit,) = named(home, "LimitRange", NAMESPACE)[NAMESPACE]["spec"]["limits"]
    given = {f"requests.{key}" for key in limit["defaultRequest"]} | {f"limits.{key}" for key in limit["default"]}
    assert {key for key in quota if key.startswith(("requests.", "limits."))} == given


@pytest.mark.parametrize(
    ("spec", "let_in"),
    [
        ({"nodeSelector": {"airflow-eks/pool": TASK_PODS_POOL, "more": "label"}}, True),
        ({"nodeSelector": {"airflow-eks/pool": "system"}}, False),
        ({"nodeSelector": {"kubernetes.io/arch": "arm64"}}, False),
        ({}, False),
    ],
)
def test_a_pod_that_asks_for_other_nodes_is_refused(home: list[Object], spec: dict[str, Any], let_in: bool) -> None:
    (rule,) = policy(home)["validations"]
    environment = celpy.Environment()
    program = environment.program(environment.compile(rule["expression"]))
    try:
        answer = bool(program.evaluate({"object": celpy.json_to_cel({"spec": spec})}))
    except celpy.CELEvalError:
        answer = False  # an expression that cannot be evaluated refuses (failurePolicy)
    assert answer is let_in


def test_the_rule_is_about_this_namespace_alone(charts: dict[str, list[Object]]) -> None:
    (expression,) = policy(charts["task-pods"])["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    labelled = [
        each["metadata"]["name"]
        for chart in charts.values()
        for each in chart
        if each["kind"] == "Namespace" and expression["key"] in each["metadata"].get("labels", {})
    ]
    assert labelled == [NAMESPACE]


def test_its_pods_have_one_home(charts: dict[str, list[Object]]) -> None:
    nodes = pools(settings_for("aws"), charts["karpenter"])
    assert homes({**pod_template(24)["spec"], "containers": [{}]}, nodes) == {TASK_PODS_POOL}


def test_a_node_that_is_too_old_waits_for_its_pods(charts: dict[str, list[Object]]) -> None:
    (pool,) = [each for each in charts["karpenter"] if each["metadata"]["name"] == TASK_PODS_POOL]
    assert pool["spec"]["template"]["spec"]["terminationGracePeriod"] == "24h"
    assert pod_template(24)["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}
    assert pod_template(24)["spec"]["activeDeadlineSeconds"] == 24 * 60 * 60


def test_a_pod_reaches_names_credentials_and_https(policies: list[Object]) -> None:
    assert can_talk(policies, POD, ("kube-system", {"k8s-app": "kube-dns"}), ("UDP", 53))
    assert can_talk(policies, POD, AGENT, ("TCP", 80))
    for address in (AWS, VPC_ENDPOINT):
        assert can_talk(policies, POD, address, ("TCP", 443))


@pytest.mark.parametrize("port", [5432, 6379, 2049, 6543, 22, 80])
def test_a_pod_reaches_neither_database_nor_queue_nor_files(policies: list[Object], port: int) -> None:
    for address in (DATABASE, OTHER):
        assert not can_talk(policies, POD, address, ("TCP", port))


@pytest.mark.parametrize("component", ["api-server", "pgbouncer", "statsd", "scheduler", "worker"])
def test_a_pod_and_airflow_do_not_talk(policies: list[Object], component: str) -> None:
    for port in (443, 5432, 6543, 8080, 8793, 9102):
        assert not can_talk(policies, POD, airflow(component), ("TCP", port))
        # Workers and triggerers may call whom they like; nobody calls a task pod.
        assert not can_talk(policies, airflow(component), POD, ("TCP", port))
    assert not can_talk(policies, POD, POD, ("TCP", 8080))


@pytest.mark.parametrize("port", [80, 443])
def test_a_pod_never_reaches_the_nodes_metadata(port: int) -> None:
    settings = settings_for("aws", airflow={"task_pods": {"destinations": ["0.0.0.0/0:80"]}})
    policies = [each for each in build_charts(settings)["task-pods"] if each["kind"] == "NetworkPolicy"]
    assert not can_talk(policies, POD, METADATA, ("TCP", port))
    assert can_talk(policies, POD, OTHER, ("TCP", 80))


def test_destinations_are_ways_out_to_one_port_each() -> None:
    settings = settings_for("aws", airflow={"task_pods": {"destinations": ["198.51.100.0/24:5439"]}})
    policies = [each for each in build_charts(settings)["task-pods"] if each["kind"] == "NetworkPolicy"]
    assert can_talk(policies, POD, WAREHOUSE, ("TCP", 5439))
    assert not can_talk(policies, POD, WAREHOUSE, ("TCP", 5432))
    assert not can_talk(policies, POD, OTHER, ("TCP", 5439))


def test_where_it_is_off_airflow_knows_nothing_of_it() -> None:
    charts = build_charts(settings_for("aws", airflow={"task_pods": {"enabled": False}}))
    values = release_values(charts["airflow"], "airflow")
    environment = {entry["name"]: entry.get("value", "") for entry in values["env"]}
    assert not {"TASK_PODS", "AIRFLOW_VAR_TASK_PODS"} & environment.keys()
    assert "namespace" not in environment["AIRFLOW_CONN_KUBERNETES_DEFAULT"]
    assert "airflowLocalSettings" not in values
    assert TASK_PODS_POOL not in {each["metadata"]["name"] for each in charts["karpenter"]}
