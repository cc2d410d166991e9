"""What is deployed runs: Airflow answers, and no stand-in had trouble while it was deployed."""

from __future__ import annotations

from settings import load_releases
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.cluster import Cluster


def test_airflow_is_healthy_and_of_the_pinned_version(airflow: ClusterAirflow) -> None:
    parts = airflow.health()
    assert {name: state["status"] for name, state in parts.items() if state["status"] != "healthy"} == {}
    assert airflow.version() == load_releases().images["airflow"].tag


def test_no_stand_in_failed_while_it_was_deployed(cluster: Cluster, airflow: ClusterAirflow) -> None:
    assert airflow.health()
    assert cluster.failures() == []
