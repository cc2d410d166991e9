"""What stands in the way of a run is said before anything is made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.charts.builders import settings_for
from tests.cluster.kube import Kube
from tests.cluster.preflight import closed


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
