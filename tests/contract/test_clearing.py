"""A deletion looks for what would hang, before it hangs: which controllers and kinds, when, and with which rights."""

from __future__ import annotations

import pytest

from airflow_eks.clearing_permissions import CLUSTER_RULES
from airflow_eks.handlers import clearing
from tests.support.deployment import Deployment, Resource
from tests.support.references import ROOT

ALL = (*clearing.CONTROLLERS, clearing.KARPENTER)

# Most of its kinds have no finalizers.
PROMETHEUS = "monitoring.coreos.com"


def asked(deployment: Deployment, stage: str) -> list[Resource]:
    return [each for each in deployment.all("Custom::Clearing") if each.properties["Stage"] == stage]


def test_every_controller_is_known_by_the_release_that_is_deployed(dev: Deployment) -> None:
    assert {each.release for each in ALL} <= set(dev.releases)


def test_every_kind_of_ours_that_has_a_controller_is_known(deployment: Deployment) -> None:
    kinds = {kind for each in ALL for kind in each.kinds}
    for each in deployment.objects:
        group = str(each.manifest["apiVersion"]).rpartition("/")[0]
        if not any(kind.endswith(f".{group}") for kind in kinds) or group in ("networking.k8s.io", PROMETHEUS):
            continue
        assert any(f"{each.kind.lower()}{end}.{group}" in kinds for end in ("s", "es")), str(each)


def test_a_deletion_begins_with_a_look_at_everything(deployment: Deployment) -> None:
    [first] = asked(deployment, "BeforeEverything")
    assert {each for each in deployment.templates if each != ROOT} <= deployment.order.before(first.address)


def test_every_namespace_is_looked_at_before_it_goes(deployment: Deployment) -> None:
    stages = {each.properties["Namespace"]: each for each in asked(deployment, "BeforeNamespace")}
    namespaces = {each.name: each for each in deployment.objects if each.kind == "Namespace"}
    assert stages.keys() == namespaces.keys()
    for name, stage in stages.items():
        assert namespaces[name].address in deployment.order.before(stage.address), name
        for each in deployment.installed:
            if each.namespace == name:
                assert stage.address in deployment.order.before(each.address), str(each)


def test_pools_are_looked_at_when_nothing_needs_their_nodes(deployment: Deployment) -> None:
    [stage] = asked(deployment, "BeforeNodePools")
    pools = {each.address for each in deployment.objects if each.kind in ("NodePool", "EC2NodeClass")}
    assert pools <= deployment.order.before(stage.address)
    for name in {"airflow", "kube-prometheus-stack", "grafana"} & set(deployment.releases):
        assert stage.address in deployment.order.before(deployment.releases[name].address), name


def test_leftovers_are_looked_for_when_all_controllers_are_gone_and_the_network_is_there(
    deployment: Deployment,
) -> None:
    [stage] = asked(deployment, "AfterControllers")
    for each in deployment.installed:
        if each.resource.stack == "Controllers" and "/LeftoversRights/" not in each.resource.path:
            assert stage.address in deployment.order.before(each.address), str(each)
    assert {each.address for each in deployment.all("AWS::EKS::Addon")} <= deployment.order.before(stage.address)


def test_the_function_works_as_long_as_it_is_asked(deployment: Deployment) -> None:
    parts = ("/Cluster/Clearing/", "/LeftoversRights/")
    needed = {each.address for each in deployment.resources.values() if any(map(each.path.count, parts))}
    assert needed
    for stage in deployment.all("Custom::Clearing"):
        assert needed <= deployment.order.before(stage.address), stage.path


@pytest.mark.parametrize("controller", ALL, ids=[each.release for each in ALL])
def test_it_may_take_every_kind_away(controller: clearing.Controller) -> None:
    for kind in controller.kinds:
        plural, _, group = kind.partition(".")
        [rule] = [each for each in CLUSTER_RULES if each["apiGroups"] == [group] and plural in each["resources"]]
        assert {"list", "delete", "patch"} <= set(rule["verbs"]), kind


def test_it_may_read_no_secret_and_make_nothing() -> None:
    verbs = {verb for rule in CLUSTER_RULES for verb in rule["verbs"]}
    kinds = {kind for rule in CLUSTER_RULES for kind in rule["resources"]}
    assert verbs == {"get", "list", "delete", "patch"}
    assert "secrets" not in kinds
    assert "*" not in {*kinds, *(group for rule in CLUSTER_RULES for group in rule["apiGroups"])}
