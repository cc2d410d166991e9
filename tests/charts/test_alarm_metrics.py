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
    mounted = objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][0]["mountPath"]
    assert collected["prometheus_config_path"] == f"{mounted}/prometheus.yaml"
    for job in yaml.safe_load(files["prometheus.yaml"])["scrape_configs"]:
        assert {"target_label": "Deployment", "replacement": "airflow"} in job["relabel_configs"]


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
