"""What the real charts' pods listen on and call, against the table of flows and the policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.charts import rendering
from tests.cluster.flow_table import pods, rows
from tests.support import shut_in
from tests.support.policies import Pod, Port, can_talk

Object = dict[str, Any]
API_SERVER = "10.0.1.9"
WORKLOADS = {"CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet"}
NO_PODS = {"karpenter-crd", "prometheus-operator-crds"}
# What pods listen on and nobody calls from another pod: the kubelet's probes, `kubectl port-forward`, or nobody at all.
UNUSED = {
    ("keda", 8080): "metrics of the servers beside the operator, which nobody reads",
    ("external-secrets", 8080): "metrics of webhook and certificate controller, which nobody reads",
    ("external-secrets", 8081): "probes",
    ("karpenter", 8081): "probes",
    ("spark-operator", 8080): "metrics of the webhook, which nobody reads",
    ("monitoring", 8081): "kube-state-metrics' own metrics",
    ("monitoring", 3000): "Grafana, by kubectl port-forward",
    ("monitoring", 9094): "Grafana's gossip between replicas, of which there is one",
    ("monitoring", 6060): "profiles of Grafana",
    ("opencost", 9090): "OpenCost's page, by kubectl port-forward",
    ("spark-history", 18080): "the History Server, by kubectl port-forward",
}
# Made by operators, when there is work: no chart has them.
NOT_RENDERED = {
    "task-pods/task",
    "spark-team-a/driver",
    "spark-team-a/executor",
    "monitoring/prometheus",
    "kube-system/coredns",
}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    """Everything that goes into the cluster, releases as what they come to. Each has its namespace."""
    helm = rendering.helm(tmp_path_factory.mktemp("helm"))
    found = []
    for item in shut_in.objects_of_all_charts(spark={"history_server": True}):
        if item["kind"] != "HelmRelease":
            found.append(item)
        elif item["metadata"]["name"] not in NO_PODS:
            namespace = item["metadata"]["namespace"]
            found += [
                {**each, "metadata": {"namespace": namespace, **each["metadata"]}}
                for each in rendering.render_release(helm, item)
            ]
    return found


@pytest.fixture(scope="module")
def policies(objects: list[Object]) -> list[Object]:
    """Ours, and any that a chart may bring."""
    return [item for item in objects if item["kind"] == "NetworkPolicy"]


def workloads(objects: list[Object]) -> Iterator[tuple[str, Pod, Object]]:
    """Name, pod and template of each workload."""
    for item in (each for each in objects if each["kind"] in WORKLOADS):
        for name, template in rendering.pod_templates([item]).items():
            yield name, (item["metadata"]["namespace"], template["metadata"].get("labels") or {}), template


def behind(objects: list[Object], namespace: str, service: str, port: int) -> Iterator[tuple[Pod, Port]]:
    """The pods behind a Service's port, and the port that they listen on."""
    key = ("Service", namespace, service)
    (found,) = [o for o in objects if (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) == key]
    (asked,) = [each for each in found["spec"]["ports"] if each["port"] == port]
    target = asked.get("targetPort", port)
    for _, pod, template in workloads(objects):
        if pod[0] != namespace or not found["spec"]["selector"].items() <= pod[1].items():
            continue
        for each in (each for container in rendering.containers(template) for each in container.get("ports") or []):
            if target in (each.get("name"), each["containerPort"]):
                yield pod, (each.get("protocol") or "TCP", each["containerPort"])


def test_who_answers_the_api_server_is_reached_by_it(objects: list[Object], policies: list[Object]) -> None:
    asked = 0
    for item in objects:
        services = [each["clientConfig"].get("service") for each in item.get("webhooks", [])]
        if item["kind"] == "APIService":
            services.append(item["spec"].get("service"))
        conversion = (item.get("spec") or {}).get("conversion") if item["kind"] == "CustomResourceDefinition" else None
        if conversion and "webhook" in conversion:
            services.append(conversion["webhook"]["clientConfig"].get("service"))
        for service in filter(None, services):
            found = list(behind(objects, service["namespace"], service["name"], service.get("port", 443)))
            assert found, f"{item['metadata']['name']}: nobody is behind {service}"
            for pod, port in found:
                assert can_talk(policies, API_SERVER, pod, port), f"{item['metadata']['name']}: {pod} {port}"
                asked += 1
    assert asked >= 5


def test_who_is_named_in_a_pod_is_reached_by_it(objects: list[Object], policies: list[Object]) -> None:
    """Arguments and environment have names of Services, with ports: each is called."""
    names = {(o["metadata"]["name"], o["metadata"].get("namespace")) for o in objects if o["kind"] == "Service"}
    called = 0
    for workload, pod, template in workloads(objects):
        said = json.dumps(
            [(each.get("args"), each.get("command"), each.get("env")) for each in rendering.containers(template)]
        )
        for name, namespace, port in re.findall(r"\b([a-z][a-z0-9-]+)\.([a-z][a-z0-9-]+)(?:\.svc[a-z.]*)?:(\d+)", said):
            if (name, namespace) not in names:
                continue
            for target, number in behind(objects, namespace, name, int(port)):
                assert can_talk(policies, pod, target, number), f"{workload} calls {name}.{namespace}:{port}"
                called += 1
    assert called >= 1


def test_what_pods_listen_on_is_in_the_table_or_for_nobody(objects: list[Object], policies: list[Object]) -> None:
    shut = {policy["metadata"]["namespace"] for policy in policies}
    reached = {
        (kind[0], row.port[1])
        for row in rows()
        if row.allowed and (kind := pods().get(row.called))
    }  # fmt: skip
    unknown = [
        f"{name}: {container['name']} {each['containerPort']}"
        for name, pod, template in workloads(objects)
        for container in rendering.containers(template)
        for each in container.get("ports") or []
        if pod[0] in shut and (pod[0], each["containerPort"]) not in {*reached, *UNUSED}
    ]
    assert unknown == []


@pytest.mark.parametrize("kind", sorted(set(pods()) - NOT_RENDERED))
def test_the_tables_pods_are_like_the_real_ones(objects: list[Object], kind: str) -> None:
    namespace, labels = pods()[kind]
    real = [pod for _, pod, _ in workloads(objects) if pod[0] == namespace]
    assert any(labels.items() <= pod[1].items() for pod in real), f"{labels}: no pod has these, but {real}"
