"""Prometheus' release and its monitors, against the real charts: its own, and those of what it reads."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cdk8s
import jsonschema
import pytest
import yaml

from charts.addons import HelmAddon, enabled_addons
from charts.addons.prometheus import endpoints
from charts.placement import ARCHITECTURE, SERVICES_POOL, SYSTEM_POOL, node_selector
from charts.storage import EBS_STORAGE_CLASS
from settings import load_releases
from settings.sizes import SIZES
from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for
from tests.charts.test_addons import WORKSPACE, context
from tests.charts.test_render_addons import one
from tests.contract import test_values
from tests.support.pod_security import violations

COMMENTED = {"priorityClassName"}
STACK, CRDS = "kube-prometheus-stack", "prometheus-operator-crds"


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def ours(partition: str = "aws", **chosen: Any) -> list[Object]:
    """Objects and releases of the add-on."""
    addon = dict(enabled_addons(context(partition, **chosen)))["prometheus"]
    assert isinstance(addon, HelmAddon)
    objects: list[Object] = addon.chart(cdk8s.App(), "chart").to_json()
    return objects


def stack(helm: Path, partition: str = "aws", **chosen: Any) -> list[Object]:
    return rendering.render_release(helm, one(ours(partition, **chosen), "HelmRelease", STACK))


def prometheus(helm: Path, partition: str = "aws", **chosen: Any) -> Object:
    """Spec of the Prometheus object."""
    [found] = [each for each in stack(helm, partition, **chosen) if each["kind"] == "Prometheus"]
    spec: Object = found["spec"]
    return spec


def test_nothing_runs_but_these(helm: Path) -> None:
    objects = stack(helm)
    assert rendering.pod_templates(objects).keys() == {
        f"Deployment/{STACK}-operator",
        f"Deployment/{STACK}-kube-state-metrics",
        f"DaemonSet/{STACK}-prometheus-node-exporter",
    }
    kinds = {each["kind"] for each in objects}
    hooks = [each for each in objects if "helm.sh/hook" in (each["metadata"].get("annotations") or {})]
    assert not hooks
    assert not kinds & {"PrometheusRule", "Alertmanager", "ThanosRuler", "ConfigMap", "Secret"}
    assert not [kind for kind in kinds if "Webhook" in kind]


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_every_image_that_is_named_is_ours(helm: Path, partition: str) -> None:
    pattern = re.compile(r"(?:[\w-]+\.)+[a-z]+/[\w./-]+:v[\w.-]+(?:@sha256:[0-9a-f]{64})?")
    named = set(pattern.findall(str(stack(helm, partition))))
    registry = context(partition).registry
    keys = ("prometheus", "prometheus-operator", "prometheus-config-reloader", "kube-state-metrics", "node-exporter")
    assert named == {str(registry.image(key)) for key in keys}


def test_images_are_those_of_the_chart(helm: Path) -> None:
    """What the chart says where nobody says otherwise."""
    release = {"metadata": {"name": STACK, "namespace": "monitoring"}, "spec": {"values": {}}}
    images = load_releases().images
    for kind, name, key in (
        ("Deployment", f"{STACK}-operator", "prometheus-operator"),
        ("Deployment", f"{STACK}-kube-state-metrics", "kube-state-metrics"),
        ("DaemonSet", f"{STACK}-prometheus-node-exporter", "node-exporter"),
    ):
        objects = rendering.render_release(helm, release)
        [container] = one(objects, kind, name)["spec"]["template"]["spec"]["containers"]
        assert container["image"] == f"{images[key].upstream}:{images[key].tag}"
    [found] = [each for each in objects if each["kind"] == "Prometheus"]
    # The chart has the newest line, and the platform the one with long-term support.
    assert found["spec"]["image"].partition(":")[0] == images["prometheus"].upstream
    assert images["prometheus-config-reloader"].tag == images["prometheus-operator"].tag


def test_the_kinds_are_of_the_operator_s_version(helm: Path) -> None:
    crds = rendering.render_release(helm, one(ours(), "HelmRelease", CRDS))
    assert {each["spec"]["names"]["kind"] for each in crds} == {
        "PodMonitor", "Probe", "Prometheus", "PrometheusRule", "ServiceMonitor"
    }  # fmt: skip
    version = crds[0]["metadata"]["annotations"]["operator.prometheus.io/version"]
    assert f"v{version}" == load_releases().images["prometheus-operator"].tag
    assert not [each for each in stack(helm) if each["kind"] == "CustomResourceDefinition"]


def test_objects_are_as_their_kinds_say(helm: Path) -> None:
    schemas = {
        each["spec"]["names"]["kind"]: each["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for each in rendering.render_release(helm, one(ours(), "HelmRelease", CRDS))
    }
    checked = [each for each in (*ours(), *stack(helm)) if each["kind"] in schemas]
    assert {each["kind"] for each in checked} == {"PodMonitor", "Prometheus", "ServiceMonitor"}
    for each in checked:
        jsonschema.validate(each, schemas[each["kind"]])
        assert not list(unknown(each["spec"], schemas[each["kind"]]["properties"]["spec"])), each["metadata"]["name"]


def unknown(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Keys that a schema does not have: the API server would drop them without a word."""
    if isinstance(value, list):
        return [key for each in value for key in unknown(each, schema.get("items", {}))]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    found = [key for key in value if key not in schema["properties"]]
    return found + [
        key for name in value if name not in found for key in unknown(value[name], schema["properties"][name])
    ]


def test_only_the_node_exporter_has_more_than_a_restricted_pod(helm: Path) -> None:
    objects = stack(helm)
    for name, template in rendering.pod_templates(objects).items():
        exporter = "node-exporter" in name
        assert bool(list(violations(template))) is exporter
        expected = {"kubernetes.io/os": "linux", **ARCHITECTURE} if exporter else node_selector(SYSTEM_POOL)
        assert template["spec"]["nodeSelector"] == expected
        for container in rendering.containers(template):
            assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
            assert "cpu" in container["resources"]["requests"]
    levels = {
        each["metadata"]["name"]: each["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for each in ours()
        if each["kind"] == "Namespace"
    }
    assert levels == {"monitoring": "restricted", "node-exporter": "privileged"}
    exporter = one(objects, "DaemonSet", f"{STACK}-prometheus-node-exporter")
    assert exporter["metadata"]["namespace"] == "node-exporter"


@pytest.mark.parametrize("size", SIZES)
def test_no_volume_fills_up_nor_stays_behind(helm: Path, size: str) -> None:
    spec = prometheus(helm, size=size)
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Delete", "whenScaled": "Delete"}
    claim = spec["storage"]["volumeClaimTemplate"]["spec"]
    assert claim["storageClassName"] == EBS_STORAGE_CLASS
    volume = int(claim["resources"]["requests"]["storage"].removesuffix("Gi"))
    assert 0.5 * volume <= int(spec["retentionSize"].removesuffix("GB")) <= 0.85 * volume


def test_deleting_needs_no_operator(helm: Path) -> None:
    """The operator sets finalizers for one feature alone, which is off: none would be left to remove them."""
    [container] = one(stack(helm), "Deployment", f"{STACK}-operator")["spec"]["template"]["spec"]["containers"]
    assert not [each for each in container["args"] if "feature-gates" in each]


@pytest.mark.parametrize(("size", "replicas"), [("small", 1), ("medium", 2)])
def test_two_servers_are_in_two_zones_and_told_apart(helm: Path, size: str, replicas: int) -> None:
    spec = prometheus(helm, size=size)
    assert spec["replicas"] == replicas
    assert spec["nodeSelector"] == node_selector(SERVICES_POOL)
    [term] = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "topology.kubernetes.io/zone"
    assert spec["externalLabels"] == {"cluster": "airflow"}
    assert spec["replicaExternalLabelName"] == ("__replica__" if replicas > 1 else "")
    budgets = [each for each in stack(helm, size=size) if each["kind"] == "PodDisruptionBudget"]
    assert len(budgets) == (replicas > 1)


def test_metrics_are_written_where_there_is_a_place_for_them(helm: Path) -> None:
    [written] = prometheus(helm)["remoteWrite"]
    assert written["url"] == WORKSPACE.remote_write_url
    assert written["sigv4"] == {"region": "us-west-2"}
    assert prometheus(helm)["retention"] == "2d"
    [rule] = written["writeRelabelConfigs"]
    assert re.fullmatch(rule["regex"], "go_goroutines")
    assert not re.fullmatch(rule["regex"], "airflow_ti_failures_total")
    for alone in (prometheus(helm, "aws-cn"), prometheus(helm, **{"metrics.managed_prometheus": False})):
        assert "remoteWrite" not in alone
        assert alone["retention"] == "30d"


def test_the_account_with_the_role_is_the_one_that_prometheus_uses(helm: Path) -> None:
    addon = dict(enabled_addons(context()))["prometheus"]
    assert isinstance(addon, HelmAddon)
    assert addon.service_account is not None
    assert prometheus(helm)["serviceAccountName"] == addon.service_account.name
    [statement] = addon.statements
    assert (statement.actions, statement.resources) == (("aps:RemoteWrite",), (WORKSPACE.arn,))


@pytest.mark.parametrize("name", ["kube-state-metrics", "prometheus-node-exporter"])
def test_keys_of_the_charts_within_are_known(name: str) -> None:
    """As tests/contract/test_values.py has it for the other charts."""
    with tarfile.open(rendering.chart_archive(STACK)) as archive:
        member = archive.extractfile(f"{STACK}/charts/{name}/values.yaml")
        assert member is not None
        defaults = yaml.safe_load(member.read())
    values = one(ours(), "HelmRelease", STACK)["spec"]["values"][name]
    assert not set(test_values.unknown(values, defaults)) - COMMENTED
    assert set(test_values.unknown({"colectors": []}, defaults)) == {"colectors"}


def test_priorities_are_ones_that_the_charts_read(helm: Path) -> None:
    """Their values.yaml has them as a comment."""
    found = {
        name: template["spec"].get("priorityClassName")
        for name, template in rendering.pod_templates(stack(helm)).items()
    }
    assert found[f"Deployment/{STACK}-operator"] == "system-cluster-critical"
    assert found[f"DaemonSet/{STACK}-prometheus-node-exporter"] == "system-node-critical"


def test_nobody_lists_secrets_to_count_them(helm: Path) -> None:
    role = one(stack(helm), "ClusterRole", f"{STACK}-kube-state-metrics")
    assert not {"secrets", "configmaps"} & {name for rule in role["rules"] for name in rule["resources"]}


@pytest.mark.parametrize("delivery", ["efs", "sidecar", "bundle"])
def test_every_monitor_finds_a_port_of_a_pod(helm: Path, delivery: str) -> None:
    settings = settings_for("aws", **{"dags.delivery": delivery})
    objects = [each for chart in build_charts(settings).values() for each in chart]
    for addon in dict(enabled_addons(context())).values():
        if isinstance(addon, HelmAddon):
            objects += addon.chart(cdk8s.App(), "chart").to_json()
    read = endpoints(settings)
    names = {each.name for each in read}
    assert ("git-sync" in names) is (delivery != "bundle")
    namespaces = {each.namespace for each in read}
    releases = [
        each for each in objects if each["kind"] == "HelmRelease" and each["metadata"]["namespace"] in namespaces
    ]
    pods = [
        (each["metadata"]["namespace"], template)
        for each in releases
        if not each["metadata"]["name"].endswith("-crd")
        for template in rendering.pod_templates(rendering.render_release(helm, each)).values()
    ]
    for endpoint in read:
        found = [
            container
            for namespace, template in pods
            if namespace == endpoint.namespace and selects(endpoint.pods, template["metadata"]["labels"])
            for container in rendering.containers(template)
        ]
        if endpoint.port_name:
            ports = {(port["name"], port["containerPort"]) for each in found for port in each.get("ports") or []}
            assert (endpoint.port_name, endpoint.port) in ports, endpoint.name
        else:
            [container, *_] = [each for each in found if each["name"] == endpoint.container]
            environment = {each["name"]: each.get("value") for each in container["env"]}
            assert environment["GITSYNC_HTTP_BIND"] == f":{endpoint.port}"
            assert environment["GITSYNC_HTTP_METRICS"] == "true"


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )
