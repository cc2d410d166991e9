"""The table of flows, tried: probes for all kinds of pods, and what came of each call."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from charts.placement import POOL_LABEL, SERVICES_POOL, TASK_PODS_POOL
from charts.spark.pools import NODE_GROUP_TYPE
from settings import Registry
from tests.cluster.flow_surroundings import listening, namespaces
from tests.cluster.flow_table import CALLED, Row, pods
from tests.cluster.images import is_there
from tests.cluster.platform import Platform
from tests.cluster.probes import NAMESPACE, Object, Probe, Probes

METADATA, CREDENTIALS = "169.254.169.254", "169.254.170.23"
ANSWERED = "answered"
_AGAIN_SECONDS = (3, 8, 20)
"""Policies are in force a moment after a pod starts: what is not as expected is tried again."""


class Flows:
    """All probes, and how the places of the table are called."""

    def __init__(self, platform: Platform, rows: Sequence[Row]) -> None:
        self._kube, self._settings = platform.kube, platform.settings
        self._probes = Probes(platform.kube)
        registry = Registry(settings=platform.settings, account=platform.ops_aws.account)
        self._airflow, self._spark = str(registry.image("airflow")), str(registry.image("spark"))
        self._rows = rows
        self._pods: dict[str, Object] = {}
        self._nodes: dict[str, Object] = {}
        self._aws = ""

    @contextmanager
    def running(self) -> Iterator[Flows]:
        """Everything that is needed to try, for as long as the block runs."""
        with ExitStack() as after:
            self._probes.stop()
            after.enter_context(namespaces(self._kube, self._settings))
            after.callback(self._probes.stop)
            self._nodes = self._probes.start(self._host_probes())
            self._pods = self._probes.start(self._pod_probes())
            name = f"sts.{self._settings.region}.{self._settings.facts.dns_suffix}"
            lookup = f"import socket; print(socket.gethostbyname({name!r}))"
            self._aws = self._kube.kubectl(
                "--namespace", NAMESPACE, "exec", "stranger", "--", "python3", "-c", lookup
            ).strip()
            ports = {row.port[1] for row in self._rows if row.called == "outside"}
            for port in ports:
                after.enter_context(listening(self._aws, port))
            yield self

    def results(self) -> dict[Row, str]:
        """What came of each row's call; of one that is not as expected, what came of the last try."""
        found: dict[Row, str] = {}
        waiting = list(self._rows)
        for pause in (0, *_AGAIN_SECONDS):
            time.sleep(pause)
            found |= self._tried(waiting)
            waiting = [row for row in waiting if (found[row] == ANSWERED) is not row.allowed]
            if not waiting:
                break
        return found

    def unanswered(self) -> list[str]:
        """Places that nobody answers at, whoever calls: that such a call is refused would say nothing of policies."""
        found = []
        for pod in self._pods.values():
            ports = [port.split("/") for port in _environment(pod)["PORTS"].split()]
            # Nothing comes between a pod and its own address.
            calls = [(protocol.upper(), str(pod["status"]["podIP"]), int(number)) for protocol, number in ports]
            answers = self._probes.ask(pod, calls) if calls else []
            found += [
                f"{pod['metadata']['name']} {to}: {said}"
                for to, said in zip(calls, answers, strict=True)
                if said != ANSWERED
            ]
        for pod in (each for each in self._nodes.values() if not _is_metadata(each)):
            said = self._probes.ask(pod, [("TCP", METADATA, 80)])[0]
            if said != ANSWERED:
                found.append(f"{METADATA} on {pod['spec']['nodeName']}: {said}")
        return found

    def _tried(self, rows: Sequence[Row]) -> dict[Row, str]:
        calls: dict[str, list[tuple[Row, tuple[str, str, int]]]] = defaultdict(list)
        for row in rows:
            caller = self._caller(row)
            calls[caller["metadata"]["name"]].append((row, (row.port[0], self._host(row, caller), row.port[1])))
        probes = {pod["metadata"]["name"]: pod for pod in (*self._pods.values(), *self._nodes.values())}

        def ask(name: str) -> dict[Row, str]:
            made = calls[name]
            return dict(
                zip((row for row, _ in made), self._probes.ask(probes[name], [to for _, to in made]), strict=True)
            )

        with ThreadPoolExecutor(3) as pool:
            return {row: result for found in pool.map(ask, calls) for row, result in found.items()}

    def _caller(self, row: Row) -> Object:
        if row.caller != "vpc":
            return self._pods[_name(row.caller)]
        there = self._pods[_name(row.called)]["spec"]["nodeName"]
        # What the kubelet of a pod's own node asks is always let in.
        return next(pod for pod in self._nodes.values() if pod["spec"]["nodeName"] != there and not _is_metadata(pod))

    def _host(self, row: Row, caller: Object) -> str:
        if row.called not in CALLED:
            return str(self._pods[_name(row.called)]["status"]["podIP"])
        here = caller["spec"]["nodeName"]
        other = next(pod for pod in self._nodes.values() if pod["spec"]["nodeName"] != here and not _is_metadata(pod))
        return {
            "kubernetes": "kubernetes.default.svc",
            "node": other["status"]["hostIP"],
            "credentials": CREDENTIALS,
            "metadata": METADATA,
        }.get(row.called, self._aws)

    def _host_probes(self) -> Iterator[Probe]:
        for node in self._kube.core.list_node().items:
            names = {name for image in node.status.images or () for name in image.names or ()}
            image = next((each for each in (self._airflow, self._spark) if is_there(each, names)), None)
            if image:
                common: dict[str, Any] = {"namespace": NAMESPACE, "image": image, "node": node.metadata.name}
                yield Probe(name=f"node-{node.metadata.name}", ports=["tcp/9100"], **common)
                yield Probe(name=f"metadata-{node.metadata.name}", ports=["tcp/80"], address=METADATA, **common)

    def _pod_probes(self) -> Iterator[Probe]:
        services = {POOL_LABEL: SERVICES_POOL}
        yield Probe(name="stranger", namespace=NAMESPACE, image=self._airflow, node_selector=services)
        for kind, (namespace, labels) in pods().items():
            image, selector = self._airflow, services
            if namespace == "task-pods":
                selector = {POOL_LABEL: TASK_PODS_POOL}
            elif namespace.startswith("spark-team"):
                image, selector = self._spark, {NODE_GROUP_TYPE: "SparkComputeOptimized"}
            ports = {f"{row.port[0].lower()}/{row.port[1]}" for row in self._rows if row.called == kind}
            yield Probe(
                name=_name(kind), namespace=namespace, image=image, labels=labels, ports=sorted(ports),
                node_selector=selector,
            )  # fmt: skip


def _name(kind: str) -> str:
    return kind if kind == "stranger" else f"probe-{kind.replace('/', '-')}"


def _environment(pod: Object) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in pod["spec"]["containers"][0]["env"]}


def _is_metadata(pod: Object) -> bool:
    return str(pod["metadata"]["name"]).startswith("metadata-")
