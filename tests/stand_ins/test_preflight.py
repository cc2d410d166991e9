"""What stands in the way of a run is said before anything is made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.charts.builders import settings_for
from tests.cluster.kube import Kube
from tests.cluster.preflight import closed, unusable


def kube(*ports: int) -> Kube:
    """A cluster whose API server listens on these ports."""
    subset = SimpleNamespace(ports=[SimpleNamespace(port=port) for port in ports])
    core: Any = SimpleNamespace(read_namespaced_endpoints=lambda *_: SimpleNamespace(subsets=[subset]))
    return cast(Kube, SimpleNamespace(core=core))


@pytest.mark.parametrize(("port", "policies", "faults"), [(443, True, 0), (6443, True, 1), (6443, False, 0)])
def test_an_api_server_that_policies_keep_pods_from_is_named(port: int, policies: bool, faults: int) -> None:
    settings = settings_for("aws", cluster={"network_policies": policies})
    found = closed(kube(port), settings)
    assert len(found) == faults
    assert all("6443" in each for each in found)


def throw_away(*, provider: str = "", namespaces: tuple[str, ...] = (), remembered: str = "") -> Kube:
    """A cluster of six nodes."""
    meta = SimpleNamespace(labels={})
    nodes = [SimpleNamespace(metadata=meta, spec=SimpleNamespace(provider_id=provider)) for _ in range(6)]
    names = [SimpleNamespace(metadata=SimpleNamespace(name=name)) for name in ("kube-system", *namespaces)]
    core = SimpleNamespace(
        list_node=lambda **_: SimpleNamespace(items=nodes), list_namespace=lambda **_: SimpleNamespace(items=names)
    )
    return cast(Kube, SimpleNamespace(core=core, kubectl=lambda *_, **__: remembered, kubeconfig="config"))


@pytest.mark.parametrize(
    "kube",
    [
        throw_away(),
        throw_away(provider="kind://docker/kind/kind-worker"),
        throw_away(namespaces=("airflow",), remembered="what a run that was killed left"),
    ],
)
def test_a_cluster_to_throw_away_is_taken(kube: Kube) -> None:
    assert unusable(kube) == ""


@pytest.mark.parametrize(
    ("kube", "word"),
    [
        (throw_away(provider="aws:///us-west-2a/i-0123456789abcdef0"), "instances of a cloud"),
        (throw_away(namespaces=("airflow", "keda")), "airflow, keda"),
    ],
)
def test_a_cluster_that_somebody_uses_is_left_alone(kube: Kube, word: str) -> None:
    assert word in unusable(kube)
