"""The cluster tier: a real Kubernetes, the in-memory AWS with stand-ins around it, the platform deployed there once."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from ops.sandbox.process import forget_credentials
from tests.cluster import images, preflight, session
from tests.cluster.airflow import ClusterAirflow
from tests.cluster.choice import Choice, read_choice
from tests.cluster.cluster import Cluster
from tests.cluster.kube import Kube
from tests.cluster.load import load
from tests.cluster.platform import Platform
from tests.cluster.report import Table, keep
from tests.cluster.samples import pushed, samples, under_way

__all__ = ["load", "pushed", "samples", "under_way"]

FOLDER = Path(__file__).parent
_TABLE, _KEPT = pytest.StashKey[Table](), pytest.StashKey[Cluster]()


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
def cluster(request: pytest.FixtureRequest, choice: Choice) -> Iterator[Cluster]:
    """The cluster, and AWS."""
    assert choice.kubeconfig is not None
    kube = Kube(choice.kubeconfig.resolve())
    why = preflight.unusable(kube) if not choice.attach else ""
    if why:
        _stop(request, why)
    # Not pytest's own folder, which is closed to others: PostgreSQL runs as a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="airflow-eks-tests-"))
    folder.chmod(0o711)
    before = dict(os.environ)
    forget_credentials()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was made is taken away
    try:
        with session.attached(choice, kube, folder) if choice.attach else session.own(choice, kube, folder) as cluster:
            request.config.stash[_KEPT] = cluster
            yield cluster
            del request.config.stash[_KEPT]
    except session.NotPossibleError as error:
        _stop(request, str(error))
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def platform(choice: Choice, cluster: Cluster) -> Iterator[Platform]:
    """The platform, deployed."""
    platform = Platform(sandbox=cluster.sandbox, kube=cluster.kube, context=cluster.context, folder=cluster.folder)
    if cluster.attached:
        yield platform
        return
    platform.bootstrap()
    done = platform.deploy()
    assert done.returncode == 0, done.stdout
    if choice.hold:
        session.hold(cluster)
    yield platform
    if not platform.destroyed:
        platform.destroy()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put each test into the table; keep what the cluster says when one fails."""
    report = yield
    if item.path.is_relative_to(FOLDER):
        item.config.stash.setdefault(_TABLE, Table()).add(report)
        cluster = item.config.stash.get(_KEPT, None)
        if report.failed and cluster is not None:
            kept = keep(cluster.kube, f"{item.name}-{report.when}", cluster.folder)
            report.sections.append(("kept", str(kept)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say where the table is."""
    table = config.stash.get(_TABLE, None)
    if table is not None and table.rows:
        terminalreporter.write_line(f"{table.write()} has the results as a table")
