"""Grafana's release, rendered by real helm with the real chart, and the objects beside it."""

from __future__ import annotations

import configparser
import json
from pathlib import Path
from typing import Any

import cdk8s
import pytest
import yaml

from charts.addons import HelmAddon, enabled_addons
from charts.addons.prometheus_values import stack_values
from charts.dashboards.board import CLOUDWATCH, PROMETHEUS
from charts.placement import SERVICES_POOL, node_selector
from settings import load_releases
from tests.charts import rendering
from tests.charts.builders import Object
from tests.charts.test_addons import GRAFANA, context
from tests.charts.test_render_addons import one
from tests.support.pod_security import violations

NAMESPACE = "monitoring"


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def ours(partition: str = "aws", **chosen: Any) -> list[Object]:
    """Objects and release of the add-on."""
    addon = dict(enabled_addons(context(partition, **chosen)))["grafana"]
    assert isinstance(addon, HelmAddon)
    objects: list[Object] = addon.chart(cdk8s.App(), "chart").to_json()
    return objects


def rendered(helm: Path, partition: str = "aws") -> list[Object]:
    release = one(ours(partition), "HelmRelease", "grafana")
    return rendering.render_release(helm, release)


def pod(helm: Path, partition: str = "aws") -> tuple[Object, Object]:
    """Its template and its only container."""
    (template,) = rendering.pod_templates(rendered(helm, partition)).values()
    (container,) = rendering.containers(template)
    return template, container


def test_there_is_one_restricted_pod_and_nothing_that_stays_or_lets_people_in(helm: Path) -> None:
    objects = rendered(helm)
    # No Secret of helm's own, no claim, no way in, no rights in the cluster, no pod that tests.
    assert sorted(item["kind"] for item in objects) == ["ConfigMap", "Deployment", "Service", "ServiceAccount"]
    assert one(objects, "Service", "grafana")["spec"]["type"] == "ClusterIP"
    assert one(objects, "Deployment", "grafana")["spec"]["replicas"] == 1
    template, container = pod(helm)
    assert not list(violations(template))
    assert template["spec"]["nodeSelector"] == node_selector(SERVICES_POOL)
    assert template["spec"]["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if "configMap" not in str(mount)}
    assert {"/tmp", "/var/lib/grafana", "/var/lib/grafana-search"} <= writable
    kinds = {key for volume in template["spec"]["volumes"] for key in volume if key != "name"}
    assert kinds == {"emptyDir", "configMap"}


def test_its_password_and_its_key_come_from_the_secret(helm: Path) -> None:
    _, container = pod(helm)
    environment = {each["name"]: each.get("valueFrom", {}).get("secretKeyRef") for each in container["env"]}
    data = one(ours(), "ExternalSecret", "grafana-admin")["spec"]["target"]["template"]["data"]
    for name, key in {
        "GF_SECURITY_ADMIN_USER": "admin-user",
        "GF_SECURITY_ADMIN_PASSWORD": "admin-password",
        "GF_SECURITY_SECRET_KEY": "secret-key",
    }.items():
        assert environment[name] == {"name": "grafana-admin", "key": key}
        assert "{{ ." in data[key]
    sources = one(ours(), "ExternalSecret", "grafana-admin")["spec"]["data"]
    assert {each["remoteRef"]["key"] for each in sources} == {GRAFANA.admin_secret_arn}


def test_every_board_is_mounted_where_grafana_looks(helm: Path) -> None:
    template, container = pod(helm)
    configuration = one(rendered(helm), "ConfigMap", "grafana")["data"]
    (provider,) = yaml.safe_load(configuration["boards.yaml"])["providers"]
    assert (provider["disableDeletion"], provider["allowUiUpdates"]) == (True, False)
    root = provider["options"]["path"]
    volumes = {each["name"]: each["configMap"]["name"] for each in template["spec"]["volumes"] if "configMap" in each}
    boards = [item for item in ours() if item["kind"] == "ConfigMap"]
    assert len(boards) == 6
    mounted = {
        volumes[each["name"]]: each["mountPath"] for each in container["volumeMounts"] if each["name"] in volumes
    }
    files = set()
    for item in boards:
        ((file, text),) = item["data"].items()
        assert json.loads(text)["uid"] == file.removesuffix(".json")
        folder = mounted[item["metadata"]["name"]]
        assert folder.startswith(f"{root}/")
        files.add(f"{folder}/{file}")
    ini = configparser.ConfigParser()
    ini.read_string(configuration["grafana.ini"])
    assert ini["dashboards"]["default_home_dashboard_path"] in files


def test_what_boards_ask_is_provisioned_and_cannot_be_edited(helm: Path) -> None:
    sources = yaml.safe_load(one(rendered(helm), "ConfigMap", "grafana")["data"]["datasources.yaml"])["datasources"]
    by_uid = {each["uid"]: each for each in sources}
    assert set(by_uid) == {PROMETHEUS, CLOUDWATCH}
    assert not any(each["editable"] for each in sources)
    assert [each["uid"] for each in sources if each.get("isDefault")] == [PROMETHEUS]
    settings = context().settings
    prometheus = stack_values(
        registry=context().registry, metrics=settings.metrics, cluster_name=settings.name, remote_write=None
    )["prometheus"]["prometheusSpec"]
    assert by_uid[PROMETHEUS]["jsonData"]["timeInterval"] == prometheus["scrapeInterval"]
    assert by_uid[PROMETHEUS]["url"] == "http://prometheus-operated.monitoring.svc:9090"
    assert by_uid[CLOUDWATCH]["jsonData"] == {"authType": "default", "defaultRegion": "us-west-2"}


def test_nothing_is_fetched_from_outside_and_nobody_comes_in_without_a_password(helm: Path) -> None:
    ini = configparser.ConfigParser()
    ini.read_string(one(rendered(helm), "ConfigMap", "grafana")["data"]["grafana.ini"])
    off = {
        "analytics": ("reporting_enabled", "check_for_updates", "check_for_plugin_updates", "feedback_links_enabled"),
        "news": ("news_feed_enabled",),
        "users": ("allow_sign_up",),
        "auth.anonymous": ("enabled",),
        "snapshots": ("external_enabled",),
        "plugins": ("plugin_admin_enabled",),
    }
    assert not [key for section, keys in off.items() for key in keys if ini[section].getboolean(key)]
    assert ini["plugins"].getboolean("preinstall_disabled")
    assert ini["security"].getboolean("disable_gravatar")


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_the_image_is_pinned_and_from_the_right_registry(helm: Path, partition: str) -> None:
    _, container = pod(helm, partition)
    release = load_releases().images["grafana"]
    image, _, digest = container["image"].partition("@")
    repository, _, tag = image.rpartition(":")
    assert (tag, digest) == (release.tag, release.digest or "")
    assert not tag.endswith("-slim")
    assert (
        repository
        == {
            "aws": release.upstream,
            "aws-cn": "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/airflow-eks/grafana/grafana",
        }[partition]
    )


def test_the_account_with_the_role_is_the_one_that_its_pod_has(helm: Path) -> None:
    addon = dict(enabled_addons(context()))["grafana"]
    assert isinstance(addon, HelmAddon)
    assert addon.service_account
    template, _ = pod(helm)
    assert template["spec"]["serviceAccountName"] == addon.service_account.name
    assert addon.service_account.namespace == NAMESPACE


def test_it_may_talk_to_prometheus_and_the_pod_identity_agent_and_nobody_to_it() -> None:
    policies = {item["metadata"]["name"]: item["spec"] for item in ours() if item["kind"] == "NetworkPolicy"}
    assert set(policies) == {"grafana-asks", "grafana-is-answered", "grafana-credentials"}
    grafana = {"matchLabels": {"app.kubernetes.io/name": "grafana"}}
    for name, spec in policies.items():
        (way,) = spec["policyTypes"]
        assert spec["podSelector"] == grafana or name == "grafana-is-answered"
        assert (way == "Ingress") == (spec["podSelector"] != grafana)
    assert not [item for item in ours(**{"cluster.network_policies": False}) if item["kind"] == "NetworkPolicy"]
