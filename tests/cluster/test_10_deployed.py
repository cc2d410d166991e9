"""What is deployed runs."""

from __future__ import annotations

from settings import load_releases
from tests.cluster.airflow import ClusterAirflow


def test_airflow_is_healthy_and_of_the_pinned_version(airflow: ClusterAirflow) -> None:
    parts = airflow.health()
    assert {name: state["status"] for name, state in parts.items() if state["status"] != "healthy"} == {}
    assert airflow.version() == load_releases().images["airflow"].tag
