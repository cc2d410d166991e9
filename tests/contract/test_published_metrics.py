"""Every metric that alarms and dashboard ask for is published by somebody: the lists of AWS, and our own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from charts.addons.alarm_metrics_pipeline import agent, prometheus
from settings import published_metrics as published
from tests.support.alarms import Alarm
from tests.support.deployment import Deployment
from tests.support.promql import known_metrics

# Namespace: its dimensions, each a set of which one is asked for, and the names of metrics with these.
# The sources are named where each is used, in constructs/airflow_eks/alarms.
LISTED: dict[str, list[tuple[set[str], set[str]]]] = {
    published.NAMESPACE: [({published.DEPLOYMENT}, {m.name for place in published.ENDPOINTS for m in place.metrics})],
    "AWS/ApplicationELB": [
        ({"LoadBalancer"}, {"RequestCount", "HTTPCode_ELB_5XX_Count", "TargetResponseTime"}),
        ({"LoadBalancer", "TargetGroup"}, {"HealthyHostCount", "UnHealthyHostCount"}),
    ],
    "AWS/CertificateManager": [({"CertificateArn"}, {"DaysToExpiry"})],
    "AWS/RDS": [
        (
            {"DBClusterIdentifier", "Role"},
            {"CPUUtilization", "DatabaseConnections", "FreeLocalStorage", "FreeableMemory"},
        )
    ],
    "AWS/ElastiCache": [
        ({"CacheClusterId"}, {"DatabaseMemoryUsagePercentage", "Evictions", "IsMaster", "EngineCPUUtilization"})
    ],
    "AWS/EFS": [({"FileSystemId"}, {"DataReadIOBytes", "DataWriteIOBytes", "ClientConnections"})],
    "AWS/Events": [({"RuleName"}, {"MatchedEvents"})],
    # The agent's own declarations: translator/translate/otel/exporter/awsemf/kubernetes.go in
    # https://github.com/aws/amazon-cloudwatch-agent
    "ContainerInsights": [
        (
            {"ClusterName"},
            {
                "cluster_node_count",
                "cluster_failed_node_count",
                "node_cpu_utilization",
                "node_memory_utilization",
                "node_status_condition_memory_pressure",
                "node_status_condition_disk_pressure",
                "node_status_condition_pid_pressure",
                "pod_status_pending",
                "pod_status_failed",
                "pod_container_status_waiting_reason_crash_loop_back_off",
            },
        )
    ],
}
Asked = tuple[str, str, frozenset[str]]


def asked_by_alarms(deployment: Deployment) -> Iterator[Asked]:
    for alarm in deployment.all("AWS::CloudWatch::Alarm"):
        for metric in Alarm(alarm.properties).metrics.values():
            dimensions = frozenset(each["Name"] for each in metric["Dimensions"])
            yield metric["Namespace"], metric["MetricName"], dimensions


def board(deployment: Deployment) -> dict[str, Any]:
    """The dashboard's body, with what is known later only as text."""
    body = deployment.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"]
    parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
    found: dict[str, Any] = json.loads("".join(str(part) if isinstance(part, str) else "x" for part in parts))
    return found


def asked_by_dashboard(deployment: Deployment) -> Iterator[Asked]:
    for widget in board(deployment)["widgets"]:
        for metric in widget["properties"].get("metrics", ()):
            namespace, name, *rest = [each for each in metric if not isinstance(each, dict)]
            yield namespace, name, frozenset(rest[::2])


def test_what_is_asked_for_is_published(deployment: Deployment) -> None:
    asked = {*asked_by_alarms(deployment), *asked_by_dashboard(deployment)}
    assert asked
    for namespace, name, dimensions in asked:
        assert any(name in names and dimensions == of for of, names in LISTED[namespace]), (namespace, name, dimensions)


def test_what_is_published_is_asked_for(aws: Deployment) -> None:
    own = {
        name for namespace, name, _ in {*asked_by_alarms(aws), *asked_by_dashboard(aws)} if namespace == "AirflowEks"
    }
    assert own == {metric.name for place in published.ENDPOINTS for metric in place.metrics}


def test_what_is_read_is_there() -> None:
    # The lists of the exporters that run, not of others that do the same.
    known = known_metrics()
    for place in published.ENDPOINTS:
        for each in place.metrics:
            assert each.name in known, f"nothing at {place.job} has {each.name}"
            assert set(each.labels) <= known[each.name], each


def test_the_dashboard_has_the_form_that_cloudwatch_takes(default_deployment: Deployment) -> None:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    body = board(default_deployment)
    assert len(body["widgets"]) <= 500
    taken = set()
    for widget in body["widgets"]:
        assert widget["type"] in ("metric", "alarm")
        assert 1 <= widget["width"] <= 24
        assert widget["x"] + widget["width"] <= 24
        cells = {(widget["x"] + x, widget["y"] + y) for x in range(widget["width"]) for y in range(widget["height"])}
        assert not cells & taken, "widgets lie on each other"
        taken |= cells
        if widget["type"] == "metric":
            assert widget["properties"]["region"]
            assert widget["properties"]["metrics"]
    titles = {widget["properties"]["title"] for widget in body["widgets"]}
    assert {"Alarms", "Requests", "Nodes", "Slots of pools"} <= titles


def test_the_agent_reads_and_declares_the_same() -> None:
    configuration = agent(cluster="airflow", region="us-west-2", log_group="/a/b")["logs"]["metrics_collected"][
        "prometheus"
    ]
    declared = {
        (declaration["label_matcher"].strip("^$"), name.strip("^$"))
        for declaration in configuration["emf_processor"]["metric_declaration"]
        for name in declaration["metric_selectors"]
    }
    scraped = prometheus(deployment="airflow")
    names = {metric.name for place in published.ENDPOINTS for metric in place.metrics}
    kept = {
        (job["job_name"], metric.name)
        for job in scraped["scrape_configs"]
        for place in published.ENDPOINTS
        for metric in place.metrics
        if is_kept(job, {"__name__": metric.name, **metric.labels})
    }
    assert declared == kept
    assert {name for _, name in kept} == names
    assert not any(is_kept(job, {"__name__": f"{name}_more"}) for job in scraped["scrape_configs"] for name in names)
    assert yaml.safe_load(yaml.safe_dump(scraped)) == scraped


def is_kept(job: dict[str, Any], series: dict[str, str]) -> bool:
    """Whether a series stays, as Prometheus' action `keep` has it: its values, joined, match as a whole."""
    return all(
        re.fullmatch(rule["regex"], rule["separator"].join(series.get(label, "") for label in rule["source_labels"]))
        for rule in job["metric_relabel_configs"]
    )


def test_metrics_of_one_endpoint_do_not_share_their_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each rule of its own kept only what all of them let through.
    plain = published.PublishedMetric(name="plain")
    one = published.PublishedMetric(name="one", labels={"method": "Create|Delete"})
    two = published.PublishedMetric(name="two", labels={"status": "False"})
    place = published.Endpoint(job="both", namespace="n", port=1, metrics=(plain, one, two))
    monkeypatch.setattr("charts.addons.alarm_metrics_pipeline.ENDPOINTS", (place,))
    (job,) = prometheus(deployment="airflow")["scrape_configs"]
    assert is_kept(job, {"__name__": "plain", "method": "Get", "status": "True"})
    assert is_kept(job, {"__name__": "one", "method": "Delete", "status": "True"})
    assert not is_kept(job, {"__name__": "one", "method": "Get"})
    assert is_kept(job, {"__name__": "two", "status": "False", "method": "Get"})
    assert not is_kept(job, {"__name__": "two", "status": "True", "method": "Create"})


def test_slow_counters_are_read_before_the_agent_forgets_them_and_within_each_period() -> None:
    forgotten = 300
    assert forgotten > published.SLOW_SCRAPE_SECONDS
    assert published.SLOW_SCRAPE_SECONDS <= published.SLOW_PERIOD_SECONDS
