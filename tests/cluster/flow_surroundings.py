"""What the probes need around them: namespaces of what is switched off, and somebody who answers outside."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cluster.flow_table import pods
from tests.cluster.probes import MARK, NAMESPACE, Object
from tests.support import shut_in


@contextmanager
def namespaces(kube: Any, settings: Any) -> Iterator[None]:
    """The probes' own, and those of add-ons that are switched off: with the policies that they would have."""
    # What a run that was cut off has left is the probes' own still.
    there = {
        each.metadata.name
        for each in kube.core.list_namespace().items
        if not MARK.items() <= (each.metadata.labels or {}).items()
    }
    wanted = {pod[0] for pod in pods().values()} - there
    own = {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}}
    made: list[Object] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": own}]
    network = {"cidr": settings.network.cidr}
    for item in shut_in.objects_of_all_charts(
        settings.partition, region=settings.region, network=network, spark={"history_server": True}
    ):
        where = {"Namespace": "name", "NetworkPolicy": "namespace"}.get(item["kind"])
        if where and item["metadata"][where] in wanted:
            made.append(item)
    for item in made:
        item["metadata"]["labels"] = {**item["metadata"].get("labels", {}), **MARK}
    names = [item["metadata"]["name"] for item in made if item["kind"] == "Namespace"]
    kube.kubectl("apply", "--filename", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": made}))
    try:
        yield
    finally:
        kube.kubectl("delete", "namespace", *names, "--ignore-not-found", "--wait=true")


@contextmanager
def listening(address: str, port: int) -> Iterator[None]:
    """Somebody who answers at an address of this machine's, on a port that nobody has."""
    with socket.socket() as one:
        try:
            one.bind((address, port))
            one.listen(64)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                pytest.fail(f"{address} is where pods find AWS, and no address of this machine")
            if error.errno != errno.EADDRINUSE:
                raise
        yield
