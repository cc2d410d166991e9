"""The catalogue: a file for each switch, a page for each add-on, and what a new one takes."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import cdk8s
import pytest
from aws_cdk import App
from pydantic import Field

from charts.addons import Addon, AddonContext, EksAddon, HelmAddon, ServiceAccount, Statement, enabled_addons
from charts.helm_release import HelmRelease
from constructs import Construct
from settings import Registry, build_settings, cdk_json_context
from settings.addons import AddonSettings, addon_switches
from stacks.platform import Platform

ROOT = Path(__file__).parents[2]
SWITCHES = addon_switches(AddonSettings())
# Parts of the platform that other parts of it are built on, with files of their own.
ELSEWHERE = {"load_balancer_controller", "external_secrets", "keda", "karpenter"}
HEADINGS = ("Why it is here", "Defaults", "Permissions", "See that it works", "Switch it off")


def context(partition: str = "aws") -> AddonContext:
    settings = build_settings({"partition": partition})
    return AddonContext(
        settings=settings,
        registry=Registry(settings=settings, account="123456789012"),
        partition=partition,
        account="123456789012",
        vpc_id="vpc-1",
        key_arn="arn:aws:kms:us-west-2:123456789012:key/1",
    )


def found(partition: str = "aws") -> dict[str, Addon]:
    return dict(enabled_addons(context(partition)))


@pytest.mark.parametrize("name", [switch.name for switch in SWITCHES])
def test_each_switch_has_its_file_and_its_page(name: str) -> None:
    folder = "charts" if name in ELSEWHERE else "charts/addons"
    assert (ROOT / folder / f"{name}.py").is_file()
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


class Extended(AddonSettings):
    """The registry with one line more."""

    echo: bool = Field(default=True, description="Answers what it is asked.")


def echo_addon(context: AddonContext) -> HelmAddon:
    def chart(scope: Construct, id_: str) -> cdk8s.Chart:
        made = cdk8s.Chart(scope, id_, disable_resource_name_hashes=True)
        HelmRelease(
            made,
            "release",
            chart=context.registry.chart("metrics-server"),
            release="echo",
            namespace="kube-system",
            values={"partition": context.partition},
        )
        return made

    return HelmAddon(
        chart=chart,
        service_account=ServiceAccount(namespace="kube-system", name="echo"),
        statements=(
            Statement(sid="ReadEcho", actions=("ssm:GetParameter",), resources=(context.arn("ssm", "parameter/echo"),)),
        ),
        after=("metrics_server",),
    )


@pytest.mark.parametrize("switched_on", [True, False])
def test_a_new_one_is_a_file_and_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, switched_on: bool) -> None:
    module = ModuleType("charts.addons.echo")
    module.addon = echo_addon  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings = build_settings({"size": "dev"}).model_copy(update={"addons": Extended(echo=switched_on)})
    app = App(context=cdk_json_context(), outdir=str(tmp_path), analytics_reporting=False)
    Platform(app, settings=settings)
    app.synth()
    (template,) = [path.read_text() for path in tmp_path.glob("*Controllers*.template.json")]
    assert ('"Release": "echo"' in template) is switched_on
    assert ("ReadEcho" in template) is switched_on
