"""The agent that publishes metrics for alarms."""

from __future__ import annotations

import json
from typing import Any

import cdk8s
import pytest
import yaml

from charts.addons import HelmAddon, enabled_addons
from charts.alarm_flow import alarm_metrics_in
from settings.published_metrics import ENDPOINTS
from tests.charts.test_addons import context


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def addon(request: pytest.FixtureRequest) -> HelmAddon:
    found = dict(enabled_addons(context(request.param)))["alarm_metrics"]
    assert isinstance(found, HelmAddon)
    return found


@pytest.fixture(scope="module")
def objects(addon: HelmAddon) -> dict[str, Any]:
    """What is in the chart, by kind."""
    return {each["kind"]: each for each in addon.chart(cdk8s.App(), "chart").to_json()}


def test_it_may_write_to_its_log_group_alone(addon: HelmAddon) -> None:
    (statement,) = addon.statements
    (group,) = addon.log_groups
    assert [arn.split(":", 5)[5] for arn in statement.resources] == [f"log-group:{group}:*"]
    assert all(action.startswith("logs:") for action in statement.actions)


def test_its_configuration_names_group_region_and_deployment(addon: HelmAddon, objects: dict[str, Any]) -> None:
    files = objects["ConfigMap"]["data"]
    agent = json.loads(files["cwagentconfig.json"])
    collected = agent["logs"]["metrics_collected"]["prometheus"]
    assert [collected["log_group_name"]] == list(addon.log_groups)
    # In a container it ends without one: instance metadata, where it would look for it, is closed to pods.
    assert collected["cluster_name"] == "airflow"
    assert collected["prometheus_config_path"] in mounted_files(objects)
    for job in yaml.safe_load(files["prometheus.yaml"])["scrape_configs"]:
        assert {"target_label": "Deployment", "replacement": "airflow"} in job["relabel_configs"]


def mounted_files(objects: dict[str, Any]) -> set[str]:
    """Where files of the configuration lie in the container."""
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    files = {
        volume["name"]: {item["key"]: item["path"] for item in volume["configMap"]["items"]}
        for volume in pod["volumes"]
        if "configMap" in volume
    }
    assert {key for items in files.values() for key in items} == set(objects["ConfigMap"]["data"])
    return {
        f"{mount['mountPath']}/{path}"
        for mount in pod["containers"][0]["volumeMounts"]
        for path in files.get(mount["name"], {}).values()
    }


def test_each_file_lies_where_the_agent_takes_it_for_what_it_is(objects: dict[str, Any]) -> None:
    # internal/util/config and tool/paths of https://github.com/aws/amazon-cloudwatch-agent: every YAML file below
    # /etc/cwagentconfig is OpenTelemetry configuration, every other file there its own JSON.
    own = [path for path in mounted_files(objects) if path.startswith("/etc/cwagentconfig/")]
    assert own == ["/etc/cwagentconfig/cwagentconfig.json"]
    assert "/etc/prometheusconfig/prometheus.yaml" in mounted_files(objects)


def test_a_change_of_its_configuration_starts_it_anew(
    addon: HelmAddon, objects: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pod(of: dict[str, Any]) -> dict[str, Any]:
        template: dict[str, Any] = of["Deployment"]["spec"]["template"]
        return template

    same = {each["kind"]: each for each in addon.chart(cdk8s.App(), "chart").to_json()}
    monkeypatch.setattr("charts.addons.alarm_metrics_pipeline.SCRAPE_SECONDS", 61)
    other = {each["kind"]: each for each in addon.chart(cdk8s.App(), "chart").to_json()}
    assert pod(same) == pod(objects) != pod(other)


def test_one_pod_publishes_or_sums_would_be_double(objects: dict[str, Any]) -> None:
    spec = objects["Deployment"]["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


def test_it_reads_pods_and_nothing_else(objects: dict[str, Any]) -> None:
    (rule,) = objects["ClusterRole"]["rules"]
    assert {name: value for name, value in rule.items() if value} == {
        "apiGroups": [""],
        "resources": ["pods"],
        "verbs": ["get", "list", "watch"],
    }


@pytest.mark.parametrize("namespace", sorted({each.namespace for each in ENDPOINTS}))
def test_both_ends_of_each_way_are_open(addon: HelmAddon, namespace: str) -> None:
    policies = [each for each in addon.chart(cdk8s.App(), "chart").to_json() if each["kind"] == "NetworkPolicy"]
    out = {
        (peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        for peer in rule["to"]
        if "namespaceSelector" in peer
        for port in rule["ports"]
    }
    entered = {(namespace, port["port"]) for port in alarm_metrics_in(namespace).spec["ingress"][0]["ports"]}
    assert entered == {each for each in out if each[0] == namespace}


def test_where_nothing_is_read_nobody_is_let_in() -> None:
    with pytest.raises(KeyError):
        alarm_metrics_in("keda")
