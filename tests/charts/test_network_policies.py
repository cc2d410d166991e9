"""Who may talk to whom: the policies, read as Kubernetes reads them, against a table of what has to work."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.builders import Object, build_charts, settings_for
from tests.support.policies import Pod, can_talk

VPC = "10.0.0.0/16"
# An address of the load balancer, of the database, of AWS, of a node's metadata, of the Pod Identity agent.
LOAD_BALANCER, DATABASE, AWS, METADATA, AGENT = "10.0.1.9", "10.0.9.9", "52.1.2.3", "169.254.169.254", "169.254.170.23"
SSH_GIT = {
    "url": "ssh://git@git.example.com/team/dags.git",
    "secret_arn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:git-a1b2c3",
    "known_hosts": "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ",
}
COMPONENTS = (
    "api-server",
    "scheduler",
    "dag-processor",
    "triggerer",
    "worker",
    "pgbouncer",
    "statsd",
    "setup",
)


def airflow(component: str) -> Pod:
    return "airflow", {"tier": "airflow", "release": "airflow", "component": component}


def policies_of(**chosen: Any) -> list[Object]:
    charts = build_charts(settings_for("aws", **chosen))
    return [item for chart in charts.values() for item in chart if item["kind"] == "NetworkPolicy"]


@pytest.fixture(scope="module")
def policies() -> list[Object]:
    return policies_of()


RUNS_AIRFLOW = [name for name in COMPONENTS if name not in ("pgbouncer", "statsd")]


@pytest.mark.parametrize("component", RUNS_AIRFLOW)
def test_airflow_reaches_what_it_needs(policies: list[Object], component: str) -> None:
    pod = airflow(component)
    assert can_talk(policies, pod, airflow("pgbouncer"), ("TCP", 6543))
    assert can_talk(policies, pod, airflow("statsd"), ("UDP", 9125))
    assert can_talk(policies, pod, airflow("api-server"), ("TCP", 8080))
    assert can_talk(policies, pod, AWS, ("TCP", 443))
    assert can_talk(policies, pod, AGENT, ("TCP", 80))


@pytest.mark.parametrize("component", COMPONENTS)
def test_everybody_finds_names(policies: list[Object], component: str) -> None:
    dns: Pod = ("kube-system", {"k8s-app": "kube-dns"})
    assert can_talk(policies, airflow(component), dns, ("UDP", 53))
    assert not can_talk(policies, airflow(component), dns, ("TCP", 8080)) or component in ("worker", "triggerer")


@pytest.mark.parametrize("component", COMPONENTS)
def test_nobody_reaches_the_nodes_metadata(policies: list[Object], component: str) -> None:
    assert not can_talk(policies, airflow(component), METADATA, ("TCP", 80))


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_database_is_the_poolers(policies: list[Object], component: str) -> None:
    # Tasks may talk to whatever their DAGs talk to.
    allowed = component in ("pgbouncer", "worker", "triggerer")
    assert can_talk(policies, airflow(component), DATABASE, ("TCP", 5432)) is allowed


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_queue_is_for_those_who_send_and_take(policies: list[Object], component: str) -> None:
    allowed = component in ("scheduler", "worker", "triggerer")
    assert can_talk(policies, airflow(component), DATABASE, ("TCP", 6379)) is allowed


def test_the_load_balancer_reaches_the_api_server_alone(policies: list[Object]) -> None:
    assert can_talk(policies, LOAD_BALANCER, airflow("api-server"), ("TCP", 8080))
    for component in set(COMPONENTS) - {"api-server"}:
        for port in (8080, 8793, 8794, 6543):
            assert not can_talk(policies, LOAD_BALANCER, airflow(component), ("TCP", port)), component


def test_the_api_server_reads_logs_of_what_runs(policies: list[Object]) -> None:
    assert can_talk(policies, airflow("api-server"), airflow("worker"), ("TCP", 8793))
    assert can_talk(policies, airflow("api-server"), airflow("triggerer"), ("TCP", 8794))
    assert not can_talk(policies, airflow("scheduler"), airflow("worker"), ("TCP", 8793))


def test_a_stranger_in_the_cluster_reaches_nothing_but_the_api_server(policies: list[Object]) -> None:
    stranger: Pod = ("default", {"app": "stranger"})
    for component in COMPONENTS:
        for port in (8080, 8793, 8794, 6543, 9125):
            # A pod has an address of the VPC, as the load balancer has.
            allowed = (component, port) == ("api-server", 8080)
            assert can_talk(policies, stranger, airflow(component), ("TCP", port)) is allowed, component
    assert not can_talk(policies, stranger, ("keda", {"app": "keda-operator"}), ("TCP", 9666))


def test_keda_counts_through_the_pooler_and_answers_the_api_server(policies: list[Object]) -> None:
    operator, metrics = (("keda", {"app": app}) for app in ("keda-operator", "keda-operator-metrics-apiserver"))
    assert can_talk(policies, operator, airflow("pgbouncer"), ("TCP", 6543))
    assert not can_talk(policies, operator, DATABASE, ("TCP", 5432))
    assert can_talk(policies, metrics, operator, ("TCP", 9666))
    assert can_talk(policies, "10.0.3.3", metrics, ("TCP", 6443))
    assert can_talk(policies, "10.0.3.3", ("keda", {"app": "keda-admission-webhooks"}), ("TCP", 9443))
    assert not can_talk(policies, metrics, airflow("pgbouncer"), ("TCP", 6543))


def test_external_secrets_reaches_aws_and_answers_the_api_server(policies: list[Object]) -> None:
    operator: Pod = ("external-secrets", {"app.kubernetes.io/name": "external-secrets"})
    assert can_talk(policies, operator, AWS, ("TCP", 443))
    assert can_talk(policies, operator, AGENT, ("TCP", 80))
    assert can_talk(policies, "10.0.3.3", operator, ("TCP", 10250))
    assert not can_talk(policies, operator, DATABASE, ("TCP", 5432))


def test_a_spark_job_is_left_alone_and_reaches_what_its_code_asks(policies: list[Object]) -> None:
    driver, executor = (("spark-team-a", {"spark-role": role}) for role in ("driver", "executor"))
    assert can_talk(policies, executor, driver, ("TCP", 7078))
    assert can_talk(policies, driver, DATABASE, ("TCP", 5432))
    assert can_talk(policies, executor, AGENT, ("TCP", 80))
    assert not can_talk(policies, driver, METADATA, ("TCP", 80))
    for stranger in (airflow("worker"), ("spark-team-b", {"spark-role": "driver"})):
        assert not can_talk(policies, stranger, driver, ("TCP", 7078))


def test_the_spark_operator_answers_the_api_server(policies: list[Object]) -> None:
    operator: Pod = ("spark-operator", {"app.kubernetes.io/name": "spark-operator"})
    assert can_talk(policies, "10.0.3.3", operator, ("TCP", 9443))
    assert not can_talk(policies, "10.0.3.3", operator, ("TCP", 8080))


def test_karpenter_reaches_aws(policies: list[Object]) -> None:
    karpenter: Pod = ("karpenter", {"app.kubernetes.io/name": "karpenter"})
    assert can_talk(policies, karpenter, AWS, ("TCP", 443))
    assert can_talk(policies, karpenter, AGENT, ("TCP", 80))
    assert not can_talk(policies, LOAD_BALANCER, karpenter, ("TCP", 8080))


@pytest.mark.parametrize("delivery", ["efs", "sidecar", "bundle"])
def test_dags_by_ssh(delivery: str) -> None:
    by_ssh = policies_of(dags={"delivery": delivery, "git": SSH_GIT})
    assert can_talk(by_ssh, airflow("dag-processor"), AWS, ("TCP", 22))
    assert not can_talk(by_ssh, airflow("scheduler"), AWS, ("TCP", 22))
    assert not can_talk(policies_of(), airflow("dag-processor"), AWS, ("TCP", 22))


@pytest.mark.parametrize(
    ("git", "port"),
    [
        ({"url": "https://git.example.com:8443/team/dags.git"}, 8443),
        (
            {
                **SSH_GIT,
                "url": "ssh://git@git.example.com:2222/team/dags.git",
                "known_hosts": "[git.example.com]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ",
            },
            2222,
        ),
    ],
)
@pytest.mark.parametrize("delivery", ["efs", "sidecar", "bundle"])
def test_dags_come_by_the_port_of_their_url(delivery: str, git: dict[str, str], port: int) -> None:
    policies = policies_of(dags={"delivery": delivery, "git": git})
    assert can_talk(policies, airflow("dag-processor"), AWS, ("TCP", port))
    assert not can_talk(policies, airflow("dag-processor"), AWS, ("TCP", 22))
    assert not can_talk(policies, airflow("scheduler"), AWS, ("TCP", port))


def test_the_databases_authorities_come_by_the_port_of_their_url() -> None:
    operator: Pod = ("external-secrets", {"app.kubernetes.io/name": "external-secrets"})
    policies = policies_of(database={"ca_bundle_url": "https://files.example.com:8443/bundle.pem"})
    assert can_talk(policies, operator, AWS, ("TCP", 8443))
    assert not can_talk(policies_of(), operator, AWS, ("TCP", 8443))


def test_they_can_be_switched_off() -> None:
    names = {item["metadata"]["namespace"] for item in policies_of()}
    assert {"airflow", "keda", "external-secrets", "karpenter", "spark-operator", "spark-team-a"} <= names
    assert policies_of(cluster={"network_policies": False}) == []


@pytest.mark.parametrize("name", ["airflow", "keda", "external-secrets", "karpenter"])
def test_namespaces_take_restricted_pods_alone(name: str) -> None:
    (namespace,) = [item for item in build_charts(settings_for("aws"))[name] if item["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_block_of_the_vpc_is_let_through_wherever_one_is() -> None:
    blocks = ("10.0.0.0/16", "100.64.0.0/16", "10.1.0.0/16")
    subnets = [f"subnet-0a00000{number}" for number in range(3)]
    network = {
        "availability_zones": [f"us-west-2{letter}" for letter in "abc"],
        "existing_vpc": {
            "id": "vpc-0123456789abcdef0",
            "cidr": blocks[0],
            "secondary_cidrs": blocks[1:],
            "private_subnet_ids": subnets,
            "isolated_subnet_ids": subnets,
        },
    }
    found = 0
    for policy in policies_of(network=network):
        for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
            named = [
                peer["ipBlock"]["cidr"] for peer in (*rule.get("from", []), *rule.get("to", [])) if "ipBlock" in peer
            ]
            if blocks[0] in named:
                assert set(blocks) <= set(named), policy["metadata"]
                found += 1
    assert found >= 7
