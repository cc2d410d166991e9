"""The catalogue: a file for each switch, a page for each add-on, and what a new one takes."""

from __future__ import annotations

import importlib
import json
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import cdk8s
import pytest
import yaml
from aws_cdk import App

from charts.addons import Addon, AddonContext, EksAddon, HelmAddon, enabled_addons
from charts.addons.base import GrafanaInputs, MetricsWorkspace
from charts.data_stores import DataStores
from settings import Registry, build_settings, cdk_json_context, load_releases
from settings.addons import AddonSettings, AddonSwitch, addon_switches
from settings.releases import Releases
from stacks.platform import Platform
from tests.support.deployment import Deployment
from tests.support.order import Order
from tests.support.references import ROOT as ROOT_STACK
from tests.support.versions import scaled_versions

ROOT = Path(__file__).parents[2]
SWITCHES = addon_switches(AddonSettings())
# Parts of the platform that other parts of it are built on, with files of their own.
# Where their code is, and what the paths of their roles have in them.
ELSEWHERE = {
    "load_balancer_controller": ("charts/load_balancer_controller.py", "/LoadBalancerControllerIdentity/"),
    "external_secrets": ("charts/external_secrets.py", "/ExternalSecretsIdentity/"),
    "keda": ("charts/keda.py", "/KedaIdentity/"),
    "karpenter": ("charts/karpenter.py", "/KarpenterResources/Identity/"),
    "spark_operator": ("charts/spark/operator.py", "/Spark/Team-"),
}
WORKSPACE = MetricsWorkspace(
    arn="arn:aws:aps:us-west-2:123456789012:workspace/ws-1",
    remote_write_url="https://aps-workspaces.us-west-2.amazonaws.com/workspaces/ws-1/api/v1/remote_write",
)
GRAFANA = GrafanaInputs(
    admin_secret_arn="arn:aws:secretsmanager:us-west-2:123456789012:secret:grafana-AbCdEf",
    stores=DataStores(database_cluster="airflow-01234567", queue_nodes=("queue-001",), file_system="fs-1"),
)
HEADINGS = ("Why it is here", "Defaults", "Permissions", "See that it works", "Switch it off")


def context(partition: str = "aws", **chosen: Any) -> AddonContext:
    settings = build_settings({"partition": partition, **chosen})
    return AddonContext(
        settings=settings,
        registry=Registry(settings=settings, account="123456789012"),
        partition=partition,
        account="123456789012",
        vpc_id="vpc-1",
        key_arn="arn:aws:kms:us-west-2:123456789012:key/1",
        metrics_workspace=WORKSPACE if settings.has_managed_prometheus else None,
        grafana=GRAFANA,
    )


def found(partition: str = "aws") -> dict[str, Addon]:
    return dict(enabled_addons(context(partition)))


@pytest.mark.parametrize("name", [switch.name for switch in SWITCHES])
def test_each_switch_has_its_file_and_its_page(name: str) -> None:
    file, _ = ELSEWHERE.get(name, (f"charts/addons/{name}.py", ""))
    assert (ROOT / file).is_file()
    page = (ROOT / "docs" / "addons" / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(HEADINGS)
    if any(switch.name == name and switch.needed for switch in SWITCHES):
        assert "cannot be switched off" in page
    else:
        assert f"--context addons.{name}=false" in page


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_a_permission_on_everything_is_one_that_only_reads(partition: str) -> None:
    for name, addon in found(partition).items():
        for statement in addon.statements:
            if "*" in statement.resources:
                verbs = {action.partition(":")[2] for action in statement.actions}
                assert all(verb.startswith(("Describe", "List", "Get")) for verb in verbs), f"{name}: {statement.sid}"


@pytest.mark.parametrize("name", [name for name, addon in found().items() if addon.statements])
def test_the_page_names_each_permission(name: str) -> None:
    page = (ROOT / "docs" / "addons" / f"{name}.md").read_text(encoding="utf-8")
    for statement in found()[name].statements:
        assert f"`{statement.sid}`" in page


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_page_names_each_permission_of_what_is_elsewhere(sign_in: Deployment, name: str) -> None:
    page = (ROOT / "docs" / "addons" / f"{name}.md").read_text(encoding="utf-8")
    _, path = ELSEWHERE[name]
    roles = sign_in.all("AWS::IAM::Role", path=path)
    sids = {
        statement["Sid"]
        for role in roles
        for policy in role.properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    }
    assert {sid for sid in sids if f"`{sid}`" not in page} == set()
    assert bool(roles) is (name != "keda")


def row(switch: AddonSwitch) -> str:
    """Its row in docs/addons.md."""
    what = AddonSettings.model_fields[switch.name].description
    setting = "always on" if switch.needed else f"`addons.{switch.name}`"
    needs = ", ".join(f"`{each.addon}`" for each in switch.requires)
    state = "on" if switch.is_on else "off"
    return f"| [`{switch.name}`](addons/{switch.name}.md) | {what} | {setting} | {state} | {needs} |"


def test_the_table_is_the_registry() -> None:
    rows = re.findall(r"^\| \[.*$", (ROOT / "docs" / "addons.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [row(switch) for switch in SWITCHES]


@pytest.mark.parametrize("zones", [2, 3])
@pytest.mark.parametrize("proportional", [True, False])
def test_coredns_is_scaled_by_one_of_two(proportional: bool, zones: int) -> None:
    addons = {"cluster_proportional_autoscaler": proportional}
    chosen = dict(enabled_addons(context(network={"zones": zones}, addons=addons)))
    coredns = chosen["coredns"]
    assert isinstance(coredns, EksAddon)
    own = coredns.configuration["autoScaling"]
    assert own["enabled"] is ("cluster_proportional_autoscaler" not in chosen) is (not proportional)
    if not proportional:
        assert own["minReplicas"] == zones < own["maxReplicas"]


@pytest.mark.parametrize("version", scaled_versions())
def test_cluster_autoscaler_is_of_the_cluster_s_minor_version(version: str) -> None:
    addon = dict(enabled_addons(context(cluster={"kubernetes_version": version})))["cluster_autoscaler"]
    assert isinstance(addon, HelmAddon)
    (release,) = addon.chart(cdk8s.App(), "chart").to_json()
    assert release["spec"]["values"]["image"]["tag"].startswith(f"v{version}.")


def test_what_comes_before_nodes_is_what_they_need() -> None:
    before = {name for name, addon in found().items() if isinstance(addon, EksAddon) and addon.phase == "before-nodes"}
    assert before == {"vpc_cni", "kube_proxy", "pod_identity_agent"}


def test_a_broken_file_is_no_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> ModuleType:
        raise ModuleNotFoundError("no such library", name="a_library")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="no such library"):
        list(enabled_addons(context()))


# --- what docs/add-an-addon.md says: a file, and a line ---------------------------------------------------------------

GUIDE = (ROOT / "docs" / "add-an-addon.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code of the guide in a language, in its order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("switched_on", [True, False])
def test_a_new_one_is_a_file_and_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, switched_on: bool) -> None:
    file, line = blocks("python")
    (pinned,) = blocks("yaml")
    module = ModuleType("charts.addons.podinfo")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(file, "docs/add-an-addon.md", "exec"), module.__dict__)
    named: dict[str, Any] = {"__name__": __name__}
    exec(f"from settings.addons import *\nclass Extended(AddonSettings):\n{textwrap.indent(line, '    ')}", named)
    releases = load_releases().model_dump()
    for kind, entries in yaml.safe_load(pinned).items():
        releases[kind] |= entries
    monkeypatch.setattr("settings.registry.load_releases", lambda: Releases.model_validate(releases))

    settings = build_settings({"size": "dev"}).model_copy(update={"addons": named["Extended"](podinfo=switched_on)})
    app = App(context=cdk_json_context(), outdir=str(tmp_path), analytics_reporting=False)
    Platform(app, settings=settings)
    app.synth()
    (template,) = [path.read_text() for path in tmp_path.glob("*Controllers*.template.json")]
    assert ('"Release": "podinfo"' in template) is switched_on
    assert ("ReadGreeting" in template) is switched_on
    if switched_on:
        order = Order({ROOT_STACK: json.loads(template)})
        (release,) = [f"{ROOT_STACK}.{id_}" for id_ in json.loads(template)["Resources"] if "podinfo" in id_]
        before = " ".join(order.before(release))
        assert "PodinfoIdentityRole" in before
        assert "metricsserver" in before
