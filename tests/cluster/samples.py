"""DAGs of the tests, pushed as a user would, and runs of the samples, which go on while other tests run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster import airflow as af
from tests.cluster import images
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.cluster import Cluster
from tests.cluster.dag_repository import push_dags
from tests.cluster.losses import until
from tests.cluster.platform import Platform

LOGGED, LOGGED_SECONDS = "running_and_deferred", 120
"""The DAG whose logs are read, and how long each of its tasks takes."""
SPARK = ("spark", "spark-operator")
SAMPLES = {"hello_world_scheduled_dag": 600, "example_kubernetes_pod": 900, "example_pyspark_pi_job": 1500}
"""The samples, and the seconds that each may take."""

_FOLDER = Path(__file__).parent / "dags"
_BEGIN_SECONDS = 300


@pytest.fixture(scope="session")
def pushed(cluster: Cluster, platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The tests' own DAGs are in the DAG repository."""
    push_dags(
        {file.name: file for file in sorted(_FOLDER.glob("*.py"))},
        url=platform.outputs["DagRepositoryUrl"],
        folder=tmp_path_factory.mktemp("dags") / "clone",
        address=cluster.host,
        certificate=cluster.certificate,
    )


@pytest.fixture(scope="session")
def samples(cluster: Cluster, platform: Platform, airflow: ClusterAirflow) -> dict[str, str]:
    """A run of each sample whose images are there, all started at once."""
    there = images.references(platform.settings, account=platform.ops_aws.account).keys() - cluster.absent
    names = [name for name in SAMPLES if "spark" not in name or there >= set(SPARK)]
    return {name: af.trigger(airflow, name) for name in names}


@pytest.fixture(scope="session")
def under_way(airflow: ClusterAirflow, pushed: None, samples: dict[str, str]) -> str:  # noqa: ARG001 - are there
    """A run whose first task runs, and whose second is deferred."""
    run_id = af.trigger(airflow, LOGGED)

    def begun() -> bool:
        found = af.states(airflow, LOGGED, run_id)
        assert "failed" not in found.values(), found
        return found == {"runs": "running", "is_deferred": "deferred"}

    until(begun, seconds=_BEGIN_SECONDS, what="a running and a deferred task")
    return run_id
