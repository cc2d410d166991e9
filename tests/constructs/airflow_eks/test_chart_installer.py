"""ChartInstaller: from the objects of a chart to resources, in the chart's own order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cdk8s
import pytest
from aws_cdk import App, CfnResource, Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.assertions import Template

from airflow_eks import chart_installer
from airflow_eks.chart_installer import MAXIMUM_OBJECT_BYTES, ChartInstaller, ObjectTooLargeError
from charts import helm_release
from charts.helm_release import HelmRelease
from settings import ChartReference
from tests.support.order import Order

OBJECT, RELEASE = "Custom::AWSCDK-EKS-KubernetesResource", "Custom::AWSCDK-EKS-HelmChart"
CHART = ChartReference(repository="oci://registry.example.com/charts/thing", name="thing", version="1.2.3")
Build = Callable[[cdk8s.Chart], None]


def config_map(chart: cdk8s.Chart, name: str, text: str = "") -> cdk8s.ApiObject:
    made = cdk8s.ApiObject(
        chart,
        name,
        api_version="v1",
        kind="ConfigMap",
        metadata=cdk8s.ApiObjectMetadata(name=name, namespace="default"),
    )
    made.add_json_patch(cdk8s.JsonPatch.add("/data", {"text": text}))
    return made


def release(chart: cdk8s.Chart, name: str, **values: Any) -> HelmRelease:
    return HelmRelease(chart, name, chart=CHART, release=name, namespace="default", values=values, timeout_seconds=120)


class Installed:
    """The template of a stack with an installed chart."""

    def __init__(self, build: Build) -> None:
        stack = Stack(App(), "Stack")
        cluster = eks.Cluster.from_cluster_attributes(
            stack,
            "Cluster",
            cluster_name="cluster",
            kubectl_provider=eks.KubectlProvider.from_kubectl_provider_attributes(
                stack, "Kubectl", service_token="arn:aws:lambda:us-west-2:123456789012:function:kubectl"
            ),
        )
        chart = cdk8s.Chart(cdk8s.App(), "chart", disable_resource_name_hashes=True)
        build(chart)
        before = CfnResource(stack, "Before", type="AWS::SNS::Topic")
        ChartInstaller(stack, "Chart", cluster=cluster, chart=chart, after=[before])
        self.template = Template.from_stack(stack).to_json()
        self.order = Order({"Root": self.template})
        self.names: dict[str, str] = {}
        for logical_id, body in self.template["Resources"].items():
            if body["Type"] == OBJECT:
                [manifest] = json.loads(body["Properties"]["Manifest"])
                self.names[manifest["metadata"]["name"]] = f"Root.{logical_id}"
            elif body["Type"] == RELEASE:
                self.names[body["Properties"]["Release"]] = f"Root.{logical_id}"

    def before(self, name: str) -> set[str]:
        """What of the chart, and of what it is said to come after, is made before something of it."""
        earlier = self.order.before(self.names[name])
        known = {**self.names, "Before": "Root.Before"}
        return {each for each, address in known.items() if address in earlier}

    def properties(self, name: str) -> dict[str, Any]:
        body: dict[str, Any] = self.template["Resources"][self.names[name].removeprefix("Root.")]["Properties"]
        return body


def test_the_kind_is_the_one_that_charts_emit() -> None:
    # Two packages that may not import each other.
    assert chart_installer.HELM_RELEASE_KIND == helm_release.KIND


def test_an_object_is_a_resource_of_its_own() -> None:
    def build(chart: cdk8s.Chart) -> None:
        for name in ("one", "two", "three"):
            config_map(chart, name)

    installed = Installed(build)
    assert set(installed.names) == {"one", "two", "three"}
    for name in installed.names:
        properties = installed.properties(name)
        # A deployment that stopped half-way is resumed: what is there already is applied again.
        assert properties["Overwrite"] is True
        # Prune labels would be put on every object, and `--prune` sees no custom kinds.
        assert "PruneLabel" not in properties
        assert installed.before(name) == {"Before"}


def test_order_is_the_charts_own() -> None:
    def build(chart: cdk8s.Chart) -> None:
        namespace, crds, last = config_map(chart, "namespace"), release(chart, "crds"), config_map(chart, "last")
        beside = config_map(chart, "beside-last")
        for each in (last, beside):
            each.add_dependency(crds)
        crds.add_dependency(namespace)

    installed = Installed(build)
    assert installed.before("namespace") == {"Before"}
    assert installed.before("crds") == {"Before", "namespace"}
    assert installed.before("last") == {"Before", "namespace", "crds"}
    assert installed.before("beside-last") == {"Before", "namespace", "crds"}


def test_releases_do_not_run_at_the_same_time() -> None:
    def build(chart: cdk8s.Chart) -> None:
        release(chart, "second").add_dependency(release(chart, "first"))

    installed = Installed(build)
    assert installed.before("second") == {"Before", "first"}


def test_a_release_becomes_helm_upgrade_install() -> None:
    installed = Installed(lambda chart: release(chart, "thing", replicas=2, nested={"key": "value"}) and None)
    properties = installed.properties("thing")
    assert {key: properties[key] for key in ("Chart", "Version", "Repository", "Namespace", "Release")} == {
        "Chart": "thing",
        "Version": "1.2.3",
        "Repository": "oci://registry.example.com/charts/thing",
        "Namespace": "default",
        "Release": "thing",
    }
    assert (properties["Wait"], properties["Timeout"]) == (True, "120s")
    assert json.loads(properties["Values"]) == {"replicas": 2, "nested": {"key": "value"}}


def test_a_release_never_reaches_the_cluster_as_an_object() -> None:
    installed = Installed(lambda chart: release(chart, "thing") and None)
    types = [each["Type"] for each in installed.template["Resources"].values()]
    assert types.count(RELEASE) == 1
    assert OBJECT not in types


def test_what_is_too_large_is_refused_by_name() -> None:
    with pytest.raises(ObjectTooLargeError, match="ConfigMap default/huge has 1"):
        Installed(lambda chart: config_map(chart, "huge", "x" * MAXIMUM_OBJECT_BYTES) and None)


def test_values_that_are_too_large_are_refused_by_name() -> None:
    with pytest.raises(ObjectTooLargeError, match="HelmRelease default/huge has 1"):
        Installed(lambda chart: release(chart, "huge", text="x" * MAXIMUM_OBJECT_BYTES) and None)


def test_what_just_fits_is_installed() -> None:
    # With the old properties beside the new ones an event takes 256 KB.
    assert 2 * MAXIMUM_OBJECT_BYTES < 256_000
    installed = Installed(lambda chart: config_map(chart, "large", "x" * (MAXIMUM_OBJECT_BYTES - 500)) and None)
    assert set(installed.names) == {"large"}
