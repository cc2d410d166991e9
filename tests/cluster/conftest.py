"""The cluster tier: a real Kubernetes, the in-memory AWS with stand-ins around it, the platform deployed there once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.sandbox.process import Sandbox, forget_credentials
from tests.cluster import images
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.choice import Choice, read_choice
from tests.cluster.cluster import Cluster
from tests.cluster.kube import Kube
from tests.cluster.platform import Platform

FOLDER = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is of this tier, and runs in the order of the files' names."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker("cluster")


@pytest.fixture(scope="session")
def choice(request: pytest.FixtureRequest) -> Choice:
    """What is asked for; without a cluster the run ends here, and says how to get one."""
    try:
        choice = read_choice()
    except ValueError as error:
        _stop(request, str(error))
    if choice.kubeconfig is None or not choice.kubeconfig.is_file():
        _stop(request, "KUBECONFIG names no file: docs/test-cluster.md says how to get a cluster to throw away")
    return choice


def _stop(request: pytest.FixtureRequest, reason: str) -> None:
    """End the run where it is one of this tier; among others, these tests are skipped."""
    if "cluster" in request.config.getoption("markexpr"):
        pytest.exit(reason, returncode=2)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def cluster(choice: Choice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, and AWS."""
    assert choice.kubeconfig is not None
    kube = Kube(choice.kubeconfig.resolve())
    folder = tmp_path_factory.mktemp("cluster")
    if not choice.attach:
        pytest.exit("CLUSTER_ATTACH is not set", returncode=2)
    before = dict(os.environ)
    forget_credentials()
    sandbox = Sandbox(endpoint=choice.attach, state=folder)
    os.environ.update(sandbox.environment(choice.region))
    yield Cluster(choice=choice, kube=kube, sandbox=sandbox, folder=folder)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def platform(cluster: Cluster) -> Platform:
    """The platform, deployed."""
    platform = Platform(
        sandbox=cluster.sandbox, kube=cluster.kube, context=cluster.choice.context, folder=cluster.folder
    )
    names = images.on_nodes(cluster.kube)
    there = images.references(platform.settings, account=platform.ops_aws.account)
    cluster.absent = frozenset(key for key, reference in there.items() if not images.is_there(reference, names))
    return platform


@pytest.fixture(scope="session")
def airflow(platform: Platform) -> Iterator[ClusterAirflow]:
    """Airflow's API, signed in as the administrator."""
    api = ClusterAirflow(platform.kube, login=platform.admin)
    yield api.open()
    api.close()


@pytest.fixture(autouse=True)
def _images(request: pytest.FixtureRequest) -> None:
    """Skip a test whose images are not there; what the settings switch off counts as not there."""
    marks = list(request.node.iter_markers("needs_image"))
    if not marks:
        return
    cluster, platform = request.getfixturevalue("cluster"), request.getfixturevalue("platform")
    deployed = images.references(platform.settings, account=platform.ops_aws.account)
    needed = {key for mark in marks for key in mark.args}
    missing = sorted(key for key in needed if key in cluster.absent or key not in deployed)
    if missing:
        pytest.skip(f"no image here: {', '.join(missing)}")
