"""What Fluent Bit's release comes to: what it may do on a node, and in the cluster."""

from __future__ import annotations

import tarfile

import cdk8s
import pytest
import yaml

from charts.addons import HelmAddon, enabled_addons
from tests.charts import rendering
from tests.charts.builders import Object
from tests.charts.test_addons import context
from tests.charts.test_render_addons import one, rendered
from tests.contract.test_values import unknown
from tests.support.pod_security import violations


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    return rendered(rendering.helm(tmp_path_factory.mktemp("helm")), "fluent_bit")


@pytest.fixture(scope="module")
def template(objects: list[Object]) -> Object:
    found: Object = one(objects, "DaemonSet", "fluent-bit")["spec"]["template"]
    return found


def test_it_is_on_every_node(template: Object) -> None:
    spec = template["spec"]
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
    assert spec["priorityClassName"] == "system-node-critical"
    (container,) = spec["containers"]
    assert container["resources"]["limits"] == {"memory": container["resources"]["requests"]["memory"]}
    assert "cpu" in container["resources"]["requests"]


def test_the_program_is_the_one_of_the_chart(objects: list[Object], template: Object) -> None:
    version = one(objects, "DaemonSet", "fluent-bit")["metadata"]["labels"]["app.kubernetes.io/version"]
    (container,) = template["spec"]["containers"]
    assert container["image"] == f"ghcr.io/fluent/fluent-bit:{version}"


def test_keys_are_known() -> None:
    """As tests/contract/test_values.py has it for the other charts."""
    with tarfile.open(rendering.chart_archive("fluent-bit")) as archive:
        member = archive.extractfile("fluent-bit/values.yaml")
        assert member is not None
        defaults = yaml.safe_load(member.read())
    addon = dict(enabled_addons(context()))["fluent_bit"]
    assert isinstance(addon, HelmAddon)
    (release,) = [each for each in addon.chart(cdk8s.App(), "chart").to_json() if each["kind"] == "HelmRelease"]
    values = release["spec"]["values"]
    # A probe's keys are Kubernetes' own.
    probes = ("livenessProbe", "readinessProbe")
    assert not set(unknown({key: value for key, value in values.items() if key not in probes}, defaults))
    assert defaults.keys() > set(probes)
    assert not values["config"].keys() - defaults["config"].keys()


def test_it_breaks_the_standard_by_root_and_two_folders_alone(template: Object) -> None:
    assert set(violations(template)) == {
        "volume logs: {'hostPath'}",
        "volume state: {'hostPath'}",
        "fluent-bit: runAsNonRoot is not true",
        "fluent-bit: runs as root",
    }
    (container,) = template["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = [each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")]
    # A ConfigMap cannot be written, whatever its mount says.
    assert set(writable) == {"/fluent-bit/etc/conf", "/var/fluent-bit/state"}


def test_it_reads_pods_and_namespaces_and_nothing_else(objects: list[Object]) -> None:
    (role,) = [each for each in objects if each["kind"] == "ClusterRole"]
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["get", "list", "watch"]}
    ]


def test_what_it_cannot_send_does_not_restart_it(template: Object, objects: list[Object]) -> None:
    (container,) = template["spec"]["containers"]
    assert {container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")} == {"/"}
    configuration = one(objects, "ConfigMap", "fluent-bit")["data"]["fluent-bit.conf"]
    assert configuration.count("Retry_Limit no_limits") == configuration.count("Name cloudwatch_logs") == 3
    # It is given more time to stop than it takes.
    assert template["spec"]["terminationGracePeriodSeconds"] > 20
    assert "Grace 20\n" in configuration


@pytest.mark.parametrize(("partition", "region"), [("aws", "us-west-2"), ("aws-cn", "cn-north-1")])
def test_it_knows_its_region_and_makes_no_group(
    tmp_path_factory: pytest.TempPathFactory, partition: str, region: str
) -> None:
    release = rendered(rendering.helm(tmp_path_factory.mktemp("helm")), "fluent_bit", partition)
    configuration = one(release, "ConfigMap", "fluent-bit")["data"]["fluent-bit.conf"]
    assert configuration.count(f"    region {region}\n") == 3
    assert configuration.count("auto_create_group Off") == 3


def test_its_role_is_for_the_groups_that_it_writes_to(objects: list[Object]) -> None:
    addon = dict(enabled_addons(context()))["fluent_bit"]
    assert isinstance(addon, HelmAddon)
    (statement,) = addon.statements
    configuration = one(objects, "ConfigMap", "fluent-bit")["data"]["fluent-bit.conf"]
    written = [line.split()[1] for line in configuration.splitlines() if "log_group_name" in line]
    assert tuple(written) == addon.log_groups
    assert statement.resources == tuple(f"arn:aws:logs:us-west-2:123456789012:log-group:{group}:*" for group in written)
