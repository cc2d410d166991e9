"""Deployments to look at. Each is synthesized when a test first asks for it, and once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charts.rendering import taken
from tests.support import costs, ending
from tests.support.deployment import Deployment
from tests.support.sources import Test
from tests.support.synthesis import AWS, BEIJING, CHINA, CONFIGURATIONS, DEFAULTS, synthesize


@pytest.fixture(scope="session", params=CONFIGURATIONS)
def deployment(request: pytest.FixtureRequest) -> Deployment:
    """Each configuration in turn."""
    return synthesize(request.param)


ROOT = Path(__file__).parent
# Folders whose tests look at the same synthesized deployments: one process synthesizes them, not each.
SYNTHESIZED = {"constructs", "contract", "snapshots", "stacks"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what takes long to make stay together where several processes run them."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        folder, _, file = str(item.path.relative_to(ROOT)).partition("/")
        group = "synthesis" if folder in SYNTHESIZED else "sandbox" if folder == "sandbox" else f"{folder}/{file}"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_addoption(parser: pytest.Parser) -> None:
    """What tests cost is measured when it is asked for: it takes a moment of each."""
    parser.addoption(costs.OPTION, action="store_true", dest="times", help="say which tests cost most processor time")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test that patches something have what it asks for made for it alone."""
    Test.patches = "monkeypatch" in getattr(item, "fixturenames", ())


COUNTED = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Begin to count what a test costs."""
    if item.config.getoption(costs.OPTION):
        item.stash[COUNTED] = costs.spent()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let the report of a test say what it took and cost, for the end of the run: another process may write that."""
    item.user_properties.extend((ending.CHART, key) for key in sorted(taken()))
    if COUNTED in item.stash:
        now = costs.spent()
        item.user_properties.append((costs.COST, now - item.stash[COUNTED]))
        item.stash[COUNTED] = now
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines: what is to be said of charts, and of costs if that was asked."""
    stats = [each for group in terminalreporter.stats.values() for each in group]
    reports = [each for each in stats if isinstance(each, pytest.TestReport)]
    if terminalreporter.config.getoption(costs.OPTION):
        for line in costs.lines(reports):
            terminalreporter.write_line(line)
    for line in ending.lines(reports):
        terminalreporter.write_line(line, yellow=True)


WITH_EFS = [name for name, context in CONFIGURATIONS.items() if context.get("dags.delivery", "efs") == "efs"]


@pytest.fixture(scope="session", params=WITH_EFS)
def efs_deployment(request: pytest.FixtureRequest) -> Deployment:
    """Each configuration in which a file system carries the DAGs."""
    return synthesize(request.param)


@pytest.fixture(scope="session", params=DEFAULTS)
def default_deployment(request: pytest.FixtureRequest) -> Deployment:
    """The defaults of each partition and China region in turn."""
    return synthesize(request.param)


@pytest.fixture(scope="session", params=CHINA)
def china_deployment(request: pytest.FixtureRequest) -> Deployment:
    """Each configuration for China in turn."""
    return synthesize(request.param)


@pytest.fixture(scope="session")
def aws() -> Deployment:
    """All defaults: us-west-2, size medium."""
    return synthesize(AWS)


@pytest.fixture(scope="session")
def beijing() -> Deployment:
    """China, all else by default: cn-north-1, size medium."""
    return synthesize(BEIJING)


@pytest.fixture(scope="session")
def dev() -> Deployment:
    """Size class dev."""
    return synthesize("dev")


@pytest.fixture(scope="session")
def internet() -> Deployment:
    """Size class small, internet-facing, private images, administrators, a name of its own."""
    return synthesize("internet")


@pytest.fixture(scope="session")
def sidecar() -> Deployment:
    """DAGs from a git repository, in each pod; without Spark."""
    return synthesize("sidecar")


@pytest.fixture(scope="session")
def own_vpc() -> Deployment:
    """A VPC and a repository that exist; removal `destroy` by setting."""
    return synthesize("own-vpc")


@pytest.fixture(scope="session", params=["sign-in", "cn-sign-in"])
def sign_in(request: pytest.FixtureRequest) -> Deployment:
    """A name, a certificate and a web ACL of its own, and people who sign in by OpenID Connect, in each partition."""
    return synthesize(request.param)


@pytest.fixture(scope="session")
def cn_own_vpc() -> Deployment:
    """The same in China, size class large, internet-facing."""
    return synthesize("cn-own-vpc")
