"""A changed setting changes what it is about, and nothing else: two cloud assemblies, compared resource by resource."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ops.changes.compare import Comparison
from ops.changes.schemas import replaced_for
from settings.sizes import SIZES
from tests.support.deployment import Deployment
from tests.support.references import ROOT
from tests.support.synthesis import AWS, BEIJING, CONFIGURATIONS, synthesize, synthesize_with

Changes = dict[str, tuple[str, ...]]
"""Construct path and the properties that differ; of a resource that came or went, its sign."""

RELEASE = "Airflow/Airflow/HelmRelease-airflow-airflow"
WORKERS = "Controllers/Karpenter/NodePool-airflow-workers"


def compare(old: Deployment, new: Deployment) -> Changes:
    """What differs, beside the root's references to the nested templates that changed."""
    return {
        path: difference
        for address in sorted({*old.resources, *new.resources})
        if not address.startswith(f"{ROOT}.")
        for path, difference in [_compare(old, new, address)]
        if difference
    }


def _compare(old: Deployment, new: Deployment, address: str) -> tuple[str, tuple[str, ...]]:
    before, after = old.resources.get(address), new.resources.get(address)
    if before is None or after is None:
        there = before or after
        assert there is not None
        return _path(there.path), ("-" if after is None else "+",)
    if before.body.get("DependsOn") != after.body.get("DependsOn"):
        return _path(after.path), ("DependsOn",)
    keys = sorted({*before.properties, *after.properties})
    return _path(after.path), tuple(key for key in keys if before.properties.get(key) != after.properties.get(key))


def _path(path: str) -> str:
    return path.partition("/")[2].removesuffix("/Default").removesuffix("/Resource")


CASES: dict[str, tuple[dict[str, str], Changes]] = {
    "more workers": ({"airflow.workers.max": "5"}, {RELEASE: ("Values",), WORKERS: ("Manifest",)}),
    "larger nodes": (
        {"cluster.nodes.instance_type": "m7g.2xlarge"},
        {"Cluster/SystemNodes/NodeGroup": ("InstanceTypes",)},
    ),
    "a reader": ({"database.readers": "2"}, {"State/Database/Cluster/Reader2": ("+",)}),
    "a larger queue": ({"broker.node_type": "m7g.large"}, {"State/Broker/Group": ("CacheNodeType",)}),
    "quicker synchronization": ({"dags.sync_period_seconds": "60"}, {RELEASE: ("Values",)}),
}


@pytest.fixture(scope="module", params=[AWS, BEIJING])
def base(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Deployment]:
    context = {**CONFIGURATIONS[request.param], "size": "dev"}
    return context, synthesize_with("before", context)


@pytest.mark.parametrize("case", CASES)
def test_a_setting_changes_what_it_is_about(base: tuple[dict[str, Any], Deployment], case: str) -> None:
    context, before = base
    changed, expected = CASES[case]
    assert compare(before, synthesize_with("after", {**context, **changed})) == expected


# A switch, the stacks in which something goes, and some of what goes.
SWITCHES = {
    "network.interface_endpoints": ({"Network"}, "Network/Network/Vpc/EcrDocker"),
    "addons.metrics_server": ({"Controllers"}, "Controllers/MetricsServer/HelmRelease-kube-system-metrics-server"),
    "addons.snapshot_controller": ({"Cluster"}, "Cluster/Addons/snapshot-controller"),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_what_is_switched_off_goes_and_the_rest_stays(switch: str) -> None:
    on, off = (synthesize_with(word, {"size": "dev", switch: word}) for word in ("true", "false"))
    stacks, path = SWITCHES[switch]
    changes = compare(on, off)
    assert path in changes
    assert set(changes.values()) == {("-",)}
    assert {path.split("/")[0] for path in changes} == stacks


REPLACED = {
    ("Cluster/SystemNodes/NodeGroup", "InstanceTypes"): "EKS starts nodes of the new type, then drains the old ones; "
    "the group holds no data, and its name is generated, so that both can be there at once",
}
"""What a change of size may replace, and why that is no harm."""


@pytest.fixture(scope="module", params=[(AWS, tuple(SIZES)), (BEIJING, ("dev", "large"))], ids=str)
def sizes(request: pytest.FixtureRequest) -> dict[str, Deployment]:
    configuration, names = request.param
    return {size: synthesize_with(size, {**CONFIGURATIONS[configuration], "size": size}) for size in names}


def test_a_change_of_size_replaces_nothing_with_data(sizes: dict[str, Deployment]) -> None:
    # Each is compared with the next: what differs between two others differs between two of these.
    for before, after in itertools.pairwise(sizes.values()):
        for address, new in after.resources.items():
            old = before.resources.get(address)
            if old is None:
                continue
            assert old.type == new.type
            for path in replaced_for(old.body, new.body, after.settings.region):
                assert (_path(new.path), path) in REPLACED, f"{before.name} to {after.name}"


def test_a_change_of_size_leaves_zones_and_volumes_alone(sizes: dict[str, Deployment]) -> None:
    # Neither EKS (subnets of other zones) nor Kubernetes (the claims of a StatefulSet) takes a change of these, and no
    # schema says so.
    for before, after in itertools.pairwise(sizes.values()):
        assert subnets(before) == subnets(after)
        assert claims(before) == claims(after)
        assert claims(after)


def subnets(deployment: Deployment) -> Any:
    return deployment.one("AWS::EKS::Cluster").properties["ResourcesVpcConfig"]["SubnetIds"]


def claims(deployment: Deployment) -> dict[str, Any]:
    """Everything in the values of the releases, and in objects, that becomes a claim for a volume."""
    return {
        f"{each}{path}": value
        for each in deployment.installed
        for path, value in _walk(each.manifest, "")
        if re.search(r"(volumeClaimTemplate|PersistentVolumeClaim|persistence|storageClass)", f"{each}{path}")
    }


def _walk(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _walk(value, f"{path}.{key}")
    else:
        yield path, node


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"network.cidr": "10.1.0.0/16"}, {"AWS::EC2::VPC", "AWS::EC2::Subnet"}),
        ({"network.zones": "2"}, {"AWS::EKS::Cluster"}),
        ({"network.availability_zones": "us-west-2a,us-west-2b,us-west-2d"}, {"AWS::EC2::Subnet"}),
    ],
)
def test_preflight_refuses_what_a_deployment_cannot_leave(changed: dict[str, str], refused: set[str]) -> None:
    before, after = (synthesize("dev"), synthesize_with("after", {"size": "dev", **changed}))
    comparison = Comparison(before=before.templates, after=after.templates, region=after.settings.region)
    assert {comparison.new[key]["Type"] for key in comparison.refused} == refused


def test_the_same_settings_change_nothing() -> None:
    assert compare(synthesize_with("once", {"size": "dev"}), synthesize_with("again", {"size": "dev"})) == {}
