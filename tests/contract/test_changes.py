"""A changed setting changes what it is about, and nothing else: two cloud assemblies, compared resource by resource."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deployment import Deployment
from tests.support.references import ROOT
from tests.support.synthesis import AWS, BEIJING, CONFIGURATIONS, synthesize_with

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


def test_the_same_settings_change_nothing() -> None:
    assert compare(synthesize_with("once", {"size": "dev"}), synthesize_with("again", {"size": "dev"})) == {}
