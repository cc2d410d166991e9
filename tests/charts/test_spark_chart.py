"""What is in the cluster for Spark: who may do what in a team's namespace, how much, and the History Server."""

from __future__ import annotations

import json
from typing import Any

import celpy
import pytest

from tests.charts.builders import ACCOUNT, Object, build_charts, release_values, settings_for

TEAMS = {"analytics": {"cpu": "10", "memory": "40Gi", "pods": 8}, "reports": {}}


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def chart(request: pytest.FixtureRequest) -> list[Object]:
    settings = settings_for(request.param, spark={"teams": TEAMS, "history_server": True})
    return build_charts(settings)["spark"]


def named(chart: list[Object], kind: str, namespace: str) -> dict[str, Object]:
    return {
        each["metadata"]["name"]: each
        for each in chart
        if each["kind"] == kind and each["metadata"].get("namespace") == namespace
    }


def allowed(chart: list[Object], namespace: str, account: str) -> set[tuple[str, str]]:
    """(resource, verb) of everything that a service account of Airflow's may do in a namespace."""
    roles = named(chart, "Role", namespace)
    found = set()
    for binding in named(chart, "RoleBinding", namespace).values():
        subjects = {(each["kind"], each["namespace"], each["name"]) for each in binding["subjects"]}
        if ("ServiceAccount", "airflow", account) in subjects:
            assert binding["roleRef"]["kind"] == "Role"
            for rule in roles[binding["roleRef"]["name"]]["rules"]:
                for group in rule["apiGroups"]:
                    found |= {
                        (f"{group}/{each}" if group else each, verb)
                        for each in rule["resources"]
                        for verb in rule["verbs"]
                    }
    return found


READS = {(each, verb) for each in ("pods", "events") for verb in ("get", "list", "watch")} | {("pods/log", "get")}


def test_workers_submit_and_look_and_no_more(chart: list[Object]) -> None:
    applications = "sparkoperator.k8s.io/sparkapplications"
    expected = {(applications, verb) for verb in ("create", "get", "list", "watch", "delete")}
    expected |= {(f"{applications}/status", "get"), ("pods", "patch")}
    for team in TEAMS:
        assert allowed(chart, f"spark-{team}", "airflow-worker") == READS | expected


def test_triggerers_look_and_end_what_is_cancelled(chart: list[Object]) -> None:
    for team in TEAMS:
        assert allowed(chart, f"spark-{team}", "airflow-triggerer") == READS | {("pods", "delete")}


def test_nobody_else_of_airflow_is_let_in(chart: list[Object]) -> None:
    subjects = {
        (each["namespace"], each["name"])
        for binding in chart
        if binding["kind"] == "RoleBinding"
        for each in binding["subjects"]
    }
    assert subjects == {("airflow", "airflow-worker"), ("airflow", "airflow-triggerer")}
    assert not [each for each in chart if each["kind"].startswith("ClusterRole")]


def test_a_team_has_its_quota_and_no_way_out(chart: list[Object]) -> None:
    quotas = {team: named(chart, "ResourceQuota", f"spark-{team}")["team"]["spec"]["hard"] for team in TEAMS}
    ways_out = {"services.loadbalancers": "0", "services.nodeports": "0"}
    assert quotas["analytics"] == {
        "requests.cpu": "10",
        "requests.memory": "40Gi",
        "limits.memory": "40Gi",
        "pods": "8",
        **ways_out,
    }
    assert quotas["reports"]["requests.cpu"] == "64"


def test_a_container_that_says_nothing_gets_what_the_quota_asks_of_it(chart: list[Object]) -> None:
    for team in TEAMS:
        (limit,) = named(chart, "LimitRange", f"spark-{team}")["team"]["spec"]["limits"]
        quota = named(chart, "ResourceQuota", f"spark-{team}")["team"]["spec"]["hard"]
        given = {f"requests.{key}" for key in limit["defaultRequest"]} | {f"limits.{key}" for key in limit["default"]}
        assert {key for key in quota if key.startswith(("requests.", "limits."))} == given


def test_namespaces_take_restricted_pods_alone(chart: list[Object]) -> None:
    namespaces = {each["metadata"]["name"]: each["metadata"]["labels"] for each in chart if each["kind"] == "Namespace"}
    assert set(namespaces) == {"spark-operator", "spark-history", *(f"spark-{team}" for team in TEAMS)}
    for name, labels in namespaces.items():
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted", name


def policy(chart: list[Object]) -> Object:
    (found,) = [each["spec"] for each in chart if each["kind"] == "ValidatingAdmissionPolicy"]
    return found


def test_the_rule_of_the_nodes_is_about_every_teams_pods(chart: list[Object]) -> None:
    (binding,) = [each["spec"] for each in chart if each["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert (binding["policyName"], binding["validationActions"]) == ("spark-on-its-own-nodes", ["Deny"])
    about = policy(chart)["matchConstraints"]
    (expression,) = about["namespaceSelector"]["matchExpressions"]
    labelled = [
        each["metadata"]["name"]
        for each in chart
        if each["kind"] == "Namespace" and expression["key"] in each["metadata"]["labels"]
    ]
    assert sorted(labelled) == sorted(f"spark-{team}" for team in TEAMS)
    assert [(each["resources"], each["operations"]) for each in about["resourceRules"]] == [(["pods"], ["CREATE"])]


@pytest.mark.parametrize(
    ("spec", "let_in"),
    [
        ({"nodeSelector": {"NodeGroupType": "SparkComputeOptimized"}}, True),
        ({"nodeSelector": {"NodeGroupType": "SparkMemoryOptimizedNvme", "other": "label"}}, True),
        ({"nodeSelector": {"NodeGroupType": "Somewhere"}}, False),
        ({"nodeSelector": {"airflow-eks/pool": "system"}}, False),
        ({}, False),
    ],
)
def test_a_pod_that_does_not_ask_for_sparks_nodes_is_refused(
    chart: list[Object], spec: dict[str, Any], let_in: bool
) -> None:
    (rule,) = policy(chart)["validations"]
    environment = celpy.Environment()
    program = environment.program(environment.compile(rule["expression"]))
    try:
        answer = bool(program.evaluate({"object": celpy.json_to_cel({"spec": spec})}))
    except celpy.CELEvalError:
        answer = False  # an expression that cannot be evaluated refuses (failurePolicy)
    assert answer is let_in


def test_the_operator_looks_into_the_teams_namespaces_alone(chart: list[Object]) -> None:
    spark = release_values(chart, "spark-operator")["spark"]
    assert spark["jobNamespaces"] == ["spark-analytics", "spark-reports"]


def test_teams_come_before_the_operator(chart: list[Object]) -> None:
    order = [(each["kind"], each["metadata"].get("namespace") or each["metadata"]["name"]) for each in chart]
    operator = order.index(("HelmRelease", "spark-operator"))
    for team in TEAMS:
        assert max(index for index, (_, place) in enumerate(order) if place == f"spark-{team}") < operator


def history(chart: list[Object]) -> dict[str, Any]:
    spec = named(chart, "Deployment", "spark-history")["spark-history-server"]["spec"]
    return {each["name"]: each for each in spec["template"]["spec"]["containers"]}


def test_the_history_server_reads_what_is_fetched(chart: list[Object]) -> None:
    containers = history(chart)
    environment = {entry["name"]: entry["value"] for entry in containers["fetch-event-logs"]["env"]}
    assert environment["EVENT_LOGS"] == "s3://spark-bucket/event-logs"
    assert environment["TEAMS"] == "analytics reports"
    options = {entry["name"]: entry["value"] for entry in containers["server"]["env"]}["SPARK_HISTORY_OPTS"]
    assert f"-Dspark.history.fs.logDirectory=file://{environment['FOLDER']}" in options
    assert "-Dspark.history.fs.cleaner.maxAge=30d" in options


def test_the_history_server_has_no_token_of_the_cluster(chart: list[Object]) -> None:
    spec = named(chart, "Deployment", "spark-history")["spark-history-server"]["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False


def test_in_china_every_image_is_private() -> None:
    settings = settings_for("aws-cn", spark={"history_server": True})
    chart = build_charts(settings)
    for container in history(chart["spark"]).values():
        assert container["image"].startswith(f"{ACCOUNT}.dkr.ecr.cn-north-1.")
    told = variable(chart["airflow"])
    assert told["image"].startswith(f"{ACCOUNT}.dkr.ecr.cn-north-1.")
    assert told["aws_cli_image"].startswith(f"{ACCOUNT}.dkr.ecr.cn-north-1.")


def variable(airflow: list[Object]) -> dict[str, Any]:
    environment = {entry["name"]: entry.get("value") for entry in release_values(airflow, "airflow")["env"]}
    told: dict[str, Any] = json.loads(str(environment["AIRFLOW_VAR_SPARK"]))
    return told


def test_dags_are_told_what_there_is() -> None:
    image = "registry.example.com/our/spark:4.0.4"
    told = variable(build_charts(settings_for("aws", spark={"teams": TEAMS, "image": image}))["airflow"])
    assert told["image"] == image
    assert told["teams"]["analytics"] == {
        "namespace": "spark-analytics",
        "event_logs": "s3://spark-bucket/event-logs/analytics",
        "files": "s3://spark-bucket/teams/analytics",
    }
