"""Fluent Bit's configuration, as the real chart renders it, in the real program."""

from __future__ import annotations

import json
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import cdk8s
import pytest

from charts.addons import HelmAddon, enabled_addons
from charts.addons.container_insights import log_group
from charts.addons.fluent_bit import KINDS
from tests.charts import rendering
from tests.charts.test_addons import context
from tests.local import fluent_bit
from tests.local.fluent_bit import LABELS, Container, Groups, Node, cloudwatch, free_port, http_server, program, until

pytestmark = [
    pytest.mark.local,
    pytest.mark.xdist_group("fluent-bit"),
    # The stand-in for CloudWatch has a certificate of its own making.
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
]

BURST = 20_000


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of the ConfigMap."""
    program()
    addon = dict(enabled_addons(context()))["fluent_bit"]
    assert isinstance(addon, HelmAddon)
    (release,) = [each for each in addon.chart(cdk8s.App(), "chart").to_json() if each["kind"] == "HelmRelease"]
    objects = rendering.render_release(rendering.helm(tmp_path_factory.mktemp("helm")), release)
    (files,) = [each["data"] for each in objects if each["kind"] == "ConfigMap"]
    return dict(files)


class Setup:
    """A node, and the services that its Fluent Bit talks to."""

    def __init__(self, stack: ExitStack, folder: Path, configuration: dict[str, str]) -> None:
        self.port = free_port()
        self.node = Node(
            folder,
            configuration=configuration,
            logs=self.port,
            api=stack.enter_context(http_server(fluent_bit.pod)),
            identity=stack.enter_context(http_server(fluent_bit.credentials)),
        )
        with cloudwatch(self.port):
            names = {kind: log_group("airflow", kind) for kind in KINDS}
            self.groups = Groups(self.port, names)

    def logs(self, container: Container) -> list[str]:
        """What has arrived of a container's output."""
        return [each["log"] for each in self.groups.records("application", container.stream) if "log" in each]


@pytest.fixture
def setup(tmp_path: Path, configuration: dict[str, str]) -> Iterator[Setup]:
    with fluent_bit.clean_account(), ExitStack() as stack:
        yield Setup(stack, tmp_path, configuration)


def raised(error: Exception) -> str:
    """A traceback as Python writes it."""
    return "".join(traceback.format_exception(error)).rstrip("\n")


def chained() -> str:
    """A message of several lines, and an exception that follows from it."""
    cause = ValueError(
        "no such connection\n[SQL: SELECT 1]\n(Background on this error at: https://sqlalche.me/e/20/e3q8)"
    )
    try:
        try:
            raise cause
        except ValueError as error:
            raise RuntimeError("the task has failed") from error
    except RuntimeError as error:
        return raised(error)


def while_handling() -> str:
    """An exception beside another one."""
    try:
        try:
            json.loads("no JSON")
        except json.JSONDecodeError:
            Path("/no/such/file").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        return raised(error)
    pytest.fail("there is such a file")


def test_records_are_whole_and_say_where_they_come_from(setup: Setup) -> None:
    scheduler = setup.node.container(namespace="airflow", pod="airflow-scheduler-0", name="scheduler")
    coredns = setup.node.container(namespace="kube-system", pod="coredns-1", name="coredns")
    tracebacks = [chained(), while_handling()]
    long = "long " + "x" * 60_000
    with cloudwatch(setup.port), setup.node.fluent_bit() as process:
        scheduler.write("[info] before")
        for each in tracebacks:
            scheduler.write(*each.split("\n"), output="stderr")
            scheduler.write("[info] between")
        scheduler.write(long, '{"event": "done", "level": "info"}', "[info] after")
        coredns.write("[INFO] plugin/reload")
        until(lambda: "[info] after" in setup.logs(scheduler), seconds=40, what="the last line")
        found = [each.rstrip("\n") for each in setup.logs(scheduler)]
        records = setup.groups.records("application", scheduler.stream)
        until(lambda: bool(setup.groups.streams("dataplane")), seconds=20, what="a stream of the data plane")
        assert [each for each in found if "Traceback" in each] == tracebacks
        assert found.count("[info] between") == len(tracebacks)
        assert long in found
        assert [each["data"] for each in records if "data" in each] == [{"event": "done", "level": "info"}]
        for each in records:
            assert each["kubernetes"]["namespace_name"] == "airflow"
            assert each["kubernetes"]["pod_name"] == "airflow-scheduler-0"
            assert each["kubernetes"]["labels"] == LABELS
        # What runs the cluster has a group of its own.
        (stream,) = setup.groups.streams("dataplane")
        assert stream.startswith("node-1.dataplane.")
        assert setup.groups.streams("application") == [scheduler.stream]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_an_outage_of_cloudwatch_loses_nothing(setup: Setup) -> None:
    worker = setup.node.container(namespace="airflow", pod="airflow-worker-0", name="worker")
    lines = [f"line {number} of a burst" for number in range(BURST)]

    def arrived() -> Counter[str]:
        return Counter(setup.logs(worker))

    with cloudwatch(setup.port), setup.node.fluent_bit():
        worker.write("line before")
        until(lambda: "line before" in arrived(), seconds=40, what="the first line")
    # Nobody listens there now, and the pod is a new one. The kubelet rotates the file and deletes what it has rotated.
    with setup.node.fluent_bit():
        for start in range(0, BURST, BURST // 4):
            worker.write(*lines[start : start + BURST // 4])
            time.sleep(3)
            worker.rotate()
        time.sleep(5)
        assert setup.node.waiting_bytes() > sum(len(line) for line in lines)
    for old in (setup.node.folder / "var/log/pods").rglob("0.log.*"):
        old.unlink()
    # The pod was killed. CloudWatch answers again, at first with errors.
    with setup.node.fluent_bit():
        with http_server(lambda _path, _headers: (503, {"message": "unavailable"}), setup.port, tls=True):
            time.sleep(5)
        with cloudwatch(setup.port):
            worker.write("line after")
            until(lambda: set(arrived()) >= {*lines, "line before", "line after"}, seconds=90, what="all lines")
            assert set(arrived()) == {*lines, "line before", "line after"}
