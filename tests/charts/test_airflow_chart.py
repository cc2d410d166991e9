"""Airflow's chart, as far as it can be read without rendering it."""

from __future__ import annotations

import ast
import base64
import configparser
import json
import re
import secrets
import string

import pytest

from charts.airflow import COMPONENTS, service_account
from settings import Registry
from settings.sizes import SIZES
from tests.charts.builders import Object, build_charts, release_values, settings_for

CERTIFICATE = "arn:aws:acm:us-west-2:111122223333:certificate/00000000-1111-2222-3333-444444444444"


@pytest.fixture(scope="module")
def chart() -> list[Object]:
    return build_charts(settings_for("aws"))["airflow"]


def external_secrets(chart: list[Object]) -> dict[str, Object]:
    return {item["metadata"]["name"]: item["spec"] for item in chart if item["kind"] == "ExternalSecret"}


def filled(template: str, **values: str) -> str:
    """What External Secrets makes of a template, for the two forms that are used."""
    return re.sub(r"\{\{ \.(\w+)(?: \| urlquery)? \}\}", lambda match: values[match[1]], template)


def values_with(**airflow: object) -> Object:
    return release_values(build_charts(settings_for("aws", airflow=airflow))["airflow"], "airflow")


def test_objects_come_in_an_order_in_which_they_can_be_made(chart: list[Object]) -> None:
    kinds = [item["kind"] for item in chart]
    assert kinds[0] == "Namespace"
    assert kinds[-1] == "HelmRelease"
    assert kinds.index("SecretStore") < kinds.index("ExternalSecret")
    assert kinds.index("PersistentVolume") < kinds.index("PersistentVolumeClaim")


def test_the_fernet_key_is_one(chart: list[Object]) -> None:
    alphabet = string.ascii_letters + string.digits
    generated = "".join(secrets.choice(alphabet) for _ in range(43))
    template = external_secrets(chart)["airflow-fernet-key"]["target"]["template"]["data"]["fernet-key"]
    assert len(base64.urlsafe_b64decode(filled(template, key=generated))) == 32


def test_pgbouncer_pools_by_transaction_over_tls(chart: list[Object]) -> None:
    files = external_secrets(chart)["airflow-pgbouncer-config"]["target"]["template"]["data"]
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(filled(files["pgbouncer.ini"], username="client", database_username="airflow"))
    assert ini["pgbouncer"]["pool_mode"] == "transaction"
    assert ini["pgbouncer"]["auth_type"] == "scram-sha-256"
    assert ini["pgbouncer"]["server_tls_sslmode"] == "verify-full"
    assert ini["pgbouncer"]["server_tls_ca_file"] == "/etc/pgbouncer/ca.pem"
    assert int(ini["pgbouncer"]["max_prepared_statements"]) > 0, "asyncpg prepares its statements"
    assert ini["pgbouncer"]["stats_users"] == "client"
    assert "host=database.example.com" in ini["databases"]["airflow-metadata"]


def test_the_pooler_signs_in_for_its_clients_with_pools_that_are_always_full(chart: list[Object]) -> None:
    files = external_secrets(chart)["airflow-pgbouncer-config"]["target"]["template"]["data"]
    users = filled(
        files["users.txt"], username="client", password="c", database_username="airflow", database_password="d"
    )
    assert users == '"client" "c"\n"airflow" "d"\n'
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(filled(files["pgbouncer.ini"], username="client", database_username="airflow"))
    for line in ini["databases"].values():
        options = dict(word.split("=") for word in line.split())
        assert options["user"] == "airflow"
        assert options["min_pool_size"] == options["pool_size"]
        assert "password" not in options, "a changed line would drop the connections that are there"


def test_no_secret_of_airflows_pods_has_the_databases_password(chart: list[Object]) -> None:
    holders = {
        f"{name}/{key}"
        for name, spec in external_secrets(chart).items()
        for key, text in spec["target"]["template"]["data"].items()
        if "database_password" in text
    }
    assert holders == {"airflow-pgbouncer-config/users.txt"}


@pytest.mark.parametrize(
    ("partition", "url"),
    [
        ("aws", "https://truststore.pki.rds.amazonaws.com/us-west-2/us-west-2-bundle.pem"),
        ("aws-cn", "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-north-1/cn-north-1-bundle.pem"),
    ],
)
def test_the_databases_authority_comes_from_where_it_is_published(partition: str, url: str) -> None:
    chart = build_charts(settings_for(partition))["airflow"]
    (store,) = [item for item in chart if item["kind"] == "SecretStore" and "webhook" in item["spec"]["provider"]]
    assert store["spec"]["provider"]["webhook"]["url"] == url
    spec = external_secrets(chart)["airflow-database-ca"]
    assert spec["secretStoreRef"] == {"kind": "SecretStore", "name": store["metadata"]["name"]}
    assert filled(spec["target"]["template"]["data"]["ca.pem"], bundle="PEM") == "PEM"


def test_the_authority_can_come_from_elsewhere() -> None:
    url = "https://files.example.com/ca.pem"
    chart = build_charts(settings_for("aws", database={"ca_bundle_url": url}))["airflow"]
    assert url in {
        item["spec"]["provider"].get("webhook", {}).get("url") for item in chart if item["kind"] == "SecretStore"
    }


def test_airflow_goes_through_the_pooler_and_so_does_keda(chart: list[Object]) -> None:
    """KEDA reads the same connection and asks from a namespace of its own, which the name of the Service needs then."""
    data = external_secrets(chart)["airflow-metadata-connection"]["target"]["template"]["data"]
    assert {key: filled(text, username="u", password="p") for key, text in data.items()} == {
        "connection": "postgresql://u:p@airflow-pgbouncer.airflow:6543/airflow-metadata"
    }
    assert values_with()["workers"]["celery"]["keda"]["usePgbouncer"] is True


def test_the_queue_is_reached_by_tls_with_its_certificate_checked(chart: list[Object]) -> None:
    data = external_secrets(chart)["airflow-broker-url"]["target"]["template"]["data"]
    assert filled(data["connection"], token="t") == "rediss://:t@broker.example.com:6379/0?ssl_cert_reqs=required"


def test_dags_are_on_a_shared_volume_of_ten_gibibytes(chart: list[Object]) -> None:
    (volume,) = [item for item in chart if item["kind"] == "PersistentVolume"]
    (claim,) = [item for item in chart if item["kind"] == "PersistentVolumeClaim"]
    assert claim["metadata"]["name"] == "airflow-dags"
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
    assert claim["spec"]["storageClassName"] == volume["spec"]["storageClassName"] == "efs-sc"
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["spec"]["csi"]["volumeHandle"] == "fs-0123456789abcdef0::fsap-0123456789abcdef0"


def test_connections_are_ready_without_a_click(chart: list[Object]) -> None:
    environment = {entry["name"]: entry["value"] for entry in release_values(chart, "airflow")["env"]}
    kubernetes = json.loads(environment["AIRFLOW_CONN_KUBERNETES_DEFAULT"])
    assert kubernetes["conn_type"] == "kubernetes"
    assert kubernetes["extra"]["in_cluster"] is True
    assert kubernetes["extra"]["namespace"] == "task-pods"
    assert json.loads(environment["AIRFLOW_CONN_AWS_DEFAULT"]) == {"conn_type": "aws"}


def test_task_logs_go_to_the_bucket(chart: list[Object]) -> None:
    logging = release_values(chart, "airflow")["config"]["logging"]
    assert logging["remote_logging"] == "True"
    assert logging["remote_base_log_folder"] == "s3://task-logs-bucket/task-logs"


def test_logs_of_what_runs_are_read_by_an_address_that_others_find() -> None:
    """Workers and triggerers are Deployments: the names of their pods are in no DNS."""
    assert values_with()["config"]["core"]["hostname_callable"] == "airflow.utils.net.get_host_ip_address"


def test_what_is_behind_the_number_of_a_tag_is_no_part_of_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart would take it for a version before 3: a web server in place of the API servers."""
    monkeypatch.setattr(Registry, "version", lambda _self, _key: "3.2.2-python3.12")
    assert values_with()["airflowVersion"] == "3.2.2"


def test_connections_and_variables_are_looked_up_under_the_deployments_name() -> None:
    chart = build_charts(settings_for("aws", name="team-a"))["airflow"]
    section = release_values(chart, "airflow")["config"]["secrets"]
    assert json.loads(section["backend_kwargs"]) == {
        "connections_prefix": "team-a/connections",
        "variables_prefix": "team-a/variables",
    }


def test_without_a_certificate_the_load_balancer_is_internal() -> None:
    ingress = values_with()["ingress"]["apiServer"]
    assert ingress["annotations"]["alb.ingress.kubernetes.io/scheme"] == "internal"
    assert json.loads(ingress["annotations"]["alb.ingress.kubernetes.io/listen-ports"]) == [{"HTTP": 80}]
    assert ingress["hosts"] == []


def test_with_a_certificate_http_is_redirected_to_https() -> None:
    values = values_with(ingress={"certificate_arn": CERTIFICATE, "domain": "airflow.example.com"})
    ingress = values["ingress"]["apiServer"]
    prefix = "alb.ingress.kubernetes.io"
    assert ingress["annotations"][f"{prefix}/scheme"] == "internet-facing"
    assert ingress["annotations"][f"{prefix}/certificate-arn"] == CERTIFICATE
    assert ingress["annotations"][f"{prefix}/ssl-redirect"] == "443"
    assert json.loads(ingress["annotations"][f"{prefix}/listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert ingress["annotations"][f"{prefix}/ssl-policy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    assert ingress["hosts"] == [{"name": "airflow.example.com", "tls": {"enabled": False}}]
    assert values["config"]["api"]["base_url"] == "https://airflow.example.com"


def test_who_may_come_is_said_at_the_load_balancer() -> None:
    ingress = values_with(ingress={"allowed_cidrs": ["10.0.0.0/8", "192.168.0.0/16"]})["ingress"]["apiServer"]
    assert ingress["annotations"]["alb.ingress.kubernetes.io/inbound-cidrs"] == "10.0.0.0/8,192.168.0.0/16"


@pytest.mark.parametrize("size", SIZES)
def test_one_replica_has_no_disruption_budget_and_more_have_one(size: str) -> None:
    """A budget for a single pod would keep its node from ever being drained."""
    values = release_values(build_charts(settings_for("aws", size=size))["airflow"], "airflow")
    for component in ("apiServer", "scheduler", "triggerer", "pgbouncer"):
        assert ("podDisruptionBudget" in values[component]) == (values[component]["replicas"] > 1)


def test_a_task_whose_worker_is_gone_is_started_again() -> None:
    assert values_with()["config"]["core"]["default_task_retries"] == "2"
    assert values_with(task_retries=0)["config"]["core"]["default_task_retries"] == "0"


def test_servers_are_spread_over_zones() -> None:
    values = values_with()
    for name in ("apiServer", "scheduler", "triggerer", "pgbouncer"):
        assert values[name]["replicas"] >= 2
        constraints = {each["topologyKey"]: each for each in values[name]["topologySpreadConstraints"]}
        zone = constraints["topology.kubernetes.io/zone"]
        # Insisted on, a replica that was lost with its zone could not start beside the one that is left.
        assert (zone["maxSkew"], zone["whenUnsatisfiable"]) == (1, "ScheduleAnyway")


def test_servers_come_before_workers_where_room_is_short() -> None:
    values = values_with()
    classes = {f"airflow-{each['name']}": each for each in values["priorityClasses"]}
    servers = ("apiServer", "scheduler", "triggerer", "dagProcessor", "pgbouncer", "statsd")
    server = {classes[values[name]["priorityClassName"]]["value"] for name in servers}
    worker = classes[values["workers"]["celery"]["priorityClassName"]]
    assert min(server) > worker["value"]
    assert worker["preemptionPolicy"] == "Never"


def test_workers_follow_the_settings() -> None:
    values = values_with(
        workers={"min": 3, "max": 7, "concurrency": 4, "cpu": "3", "memory": "6Gi", "longest_task_hours": 2}
    )
    celery = values["workers"]["celery"]
    (workers,) = celery["sets"]
    assert (workers["keda"]["minReplicaCount"], workers["keda"]["maxReplicaCount"]) == (3, 7)
    assert workers["resources"]["requests"] == {"cpu": "3", "memory": "6Gi"}
    assert values["config"]["celery"]["worker_concurrency"] == "4"
    assert values["config"]["core"]["default_pool_task_slot_count"] == "-1", "the database would keep a number"
    (parallelism,) = [each for each in values["scheduler"]["env"] if each["name"] == "AIRFLOW__CORE__PARALLELISM"]
    assert parallelism == {"name": "AIRFLOW__CORE__PARALLELISM", "value": "14"}
    assert 14 * values["scheduler"]["replicas"] == 28
    two_hours = 2 * 60 * 60
    assert celery["terminationGracePeriodSeconds"] == two_hours
    assert values["config"]["celery_broker_transport_options"]["visibility_timeout"] == str(two_hours)


def test_a_queue_leaves_the_default_queue_s_workers_as_they_are() -> None:
    alone, beside = (values_with(queues=queues) for queues in ({}, {"reports": {"max": 2, "concurrency": 3}}))
    celery, more = alone["workers"]["celery"], beside["workers"]["celery"]
    assert more["sets"][:1] == celery["sets"]
    assert [each["queue"] for each in more["sets"]] == ["default", "reports"]
    assert {**more, "sets": []} == {**celery, "sets": []}
    assert beside["config"] == alone["config"], "every pod would start again"
    parallelism = [int(each["scheduler"]["env"][0]["value"]) for each in (alone, beside)]
    assert parallelism[1] - parallelism[0] == 2 * 3 / alone["scheduler"]["replicas"]


def test_nothing_keeps_karpenter_from_telling_a_worker_that_its_node_goes() -> None:
    assert "do-not-disrupt" not in json.dumps(values_with()["workers"])


def test_the_sidecars_program_is_valid_python(chart: list[Object]) -> None:
    (config_map,) = [item for item in chart if item["kind"] == "ConfigMap" and "askpass.py" in item["data"]]
    ast.parse(config_map["data"]["askpass.py"])


def test_every_component_has_a_service_account_of_its_own() -> None:
    assert len({service_account(component) for component in COMPONENTS}) == len(COMPONENTS) == 5
