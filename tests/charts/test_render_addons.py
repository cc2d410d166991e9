"""What the add-ons' releases come to, rendered by real helm with the real charts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cdk8s
import pytest

from charts.addons import HelmAddon, enabled_addons
from charts.placement import SYSTEM_POOL, node_selector
from charts.storage import EBS_STORAGE_CLASS
from settings import load_releases
from tests.charts import rendering
from tests.charts.builders import Object
from tests.charts.test_addons import context
from tests.support.pod_security import violations

RELEASES = {
    "metrics_server": "metrics-server",
    "cluster_autoscaler": "cluster-autoscaler",
    "cluster_proportional_autoscaler": "cluster-proportional-autoscaler",
    "opencost": "opencost",
    "fluent_bit": "fluent-bit",
}
# What has tests of its own: tests/charts/test_render_<name>.py.
ELSEWHERE = {"grafana", "prometheus"}
# What reads the nodes themselves: tests/charts/test_render_fluent_bit.py.
ON_EVERY_NODE = {"fluent_bit"}
EVERY_RELEASE = pytest.mark.parametrize("name", RELEASES)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def rendered(helm: Path, name: str, partition: str = "aws") -> list[Object]:
    addon = dict(enabled_addons(context(partition)))[name]
    assert isinstance(addon, HelmAddon)
    objects = addon.chart(cdk8s.App(), "chart").to_json()
    (release,) = [item for item in objects if item["kind"] == "HelmRelease"]
    assert release["metadata"]["name"] == RELEASES[name]
    return rendering.render_release(helm, release)


def one(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = [item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    return found


def test_every_release_is_looked_at() -> None:
    found = {
        name
        for name, addon in enabled_addons(context())
        if isinstance(addon, HelmAddon)
        and any(item["kind"] == "HelmRelease" for item in addon.chart(cdk8s.App(), name).to_json())
    }
    assert set(RELEASES) | ELSEWHERE == found
    for name in ELSEWHERE:
        assert (Path(__file__).parent / f"test_render_{name}.py").exists()


@pytest.mark.parametrize("name", sorted(RELEASES.keys() - ON_EVERY_NODE))
def test_pods_are_on_system_nodes_sized_and_restricted(helm: Path, name: str) -> None:
    templates = rendering.pod_templates(rendered(helm, name))
    assert templates
    for template in templates.values():
        assert template["spec"]["nodeSelector"] == node_selector(SYSTEM_POOL)
        assert not list(violations(template))
        for container in rendering.containers(template):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), container["name"]
            assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


@EVERY_RELEASE
@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_images_are_pinned_and_from_the_right_registry(helm: Path, name: str, partition: str) -> None:
    upstream = {(image.upstream, image.tag, image.digest) for image in load_releases().images.values()}
    private = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow-eks/"
    for template in rendering.pod_templates(rendered(helm, name, partition)).values():
        for container in rendering.containers(template):
            reference, _, digest = container["image"].partition("@")
            repository, _, tag = reference.rpartition(":")
            if partition == "aws-cn":
                assert repository.startswith(private)
            else:
                assert (repository, tag, digest or None) in upstream


@EVERY_RELEASE
def test_a_service_account_with_a_role_is_the_one_that_pods_use(helm: Path, name: str) -> None:
    addon = dict(enabled_addons(context()))[name]
    assert isinstance(addon, HelmAddon)
    for template in rendering.pod_templates(rendered(helm, name)).values():
        if addon.service_account:
            assert template["spec"]["serviceAccountName"] == addon.service_account.name


def test_cluster_autoscaler_finds_this_cluster_s_groups_alone(helm: Path) -> None:
    objects = rendered(helm, "cluster_autoscaler")
    deployment = one(objects, "Deployment", "cluster-autoscaler")
    assert deployment["spec"]["replicas"] == 2
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    found = [each for each in container["command"] if each.startswith("--node-group")]
    tags = "k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/airflow"
    assert found == [f"--node-group-auto-discovery=asg:tag={tags}"]
    assert "--skip-nodes-with-system-pods=false" in container["command"]
    assert not [each for each in container["command"] if each.startswith("--leader-elect=false")]
    # No pod reaches instance metadata.
    assert {"name": "AWS_REGION", "value": "us-west-2"} in container["env"]
    assert one(objects, "PodDisruptionBudget", "cluster-autoscaler")["spec"]["maxUnavailable"] == 1


def test_coredns_is_what_is_scaled(helm: Path) -> None:
    objects = rendered(helm, "cluster_proportional_autoscaler")
    deployment = one(objects, "Deployment", "coredns-autoscaler")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"--target=deployment/coredns", "--namespace=kube-system"} <= set(container["args"])
    linear = json.loads(one(objects, "ConfigMap", "coredns-autoscaler")["data"]["linear"])
    assert linear["min"] == 3
    assert (linear["coresPerReplica"], linear["nodesPerReplica"]) == (256, 16)
    assert linear["preventSinglePointFailure"] is True


def test_opencost_measures_by_itself_and_keeps_it_on_a_volume(helm: Path) -> None:
    objects = rendered(helm, "opencost")
    claim = one(objects, "PersistentVolumeClaim", "opencost-pvc")
    assert claim["spec"]["storageClassName"] == EBS_STORAGE_CLASS
    # Nothing keeps it when the release is uninstalled.
    assert "helm.sh/resource-policy" not in (claim["metadata"].get("annotations") or {})
    deployment = one(objects, "Deployment", "opencost")
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0
    server, _ui = deployment["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each.get("value") for each in server["env"]}
    assert environment["COLLECTOR_DATA_SOURCE_ENABLED"] == "true"
    assert environment["CLUSTER_ID"] == "airflow"
    (mount,) = server["volumeMounts"]
    # Where the program keeps its data: CONFIG_PATH, which is this one where nobody sets it.
    assert mount["mountPath"] == "/var/configs"
    assert "CONFIG_PATH" not in environment
    rules = [rule for item in objects if item["kind"] == "ClusterRole" for rule in item["rules"]]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert [rule for rule in rules if "nodes/proxy" in rule["resources"]]
    assert not [item for item in objects if item["kind"] in ("Ingress", "Secret")]


def test_opencosts_page_asks_the_server_beside_it(helm: Path) -> None:
    """Not by the way of a Service, which network policies close, and whose name nginx must find before it starts."""
    objects = rendered(helm, "opencost")
    configuration = one(objects, "ConfigMap", "opencost-ui-nginx-config")["data"]["nginx.conf"]
    (upstream,) = re.findall(r"upstream model \{\s*server (\S+);\s*\}", configuration)
    server, page = one(objects, "Deployment", "opencost")["spec"]["template"]["spec"]["containers"]
    assert upstream == f"127.0.0.1:{server['ports'][0]['containerPort']}"
    assert page["volumeMounts"][0]["name"] == "opencost-ui-nginx-config-volume"
