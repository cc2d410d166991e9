"""Whether Airflow's API server answers all the time: a pod that asks it, through its Service, five times a second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.cluster.kube import Kube
from tests.cluster.losses import is_ready, pods_of, until

_NAME = "observer"
_SERVER = "airflow-api-server"
_START_SECONDS = 90

# Each question has a connection of its own: one that is kept open would stay with the server that it found.
_PROGRAM = """
import sys, time, urllib.request
answered = 0
while True:
    begun = time.time()
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
            answered += answer.status == 200
        print("answered", answered, flush=True)
    except Exception as error:
        print("failed", time.strftime("%H:%M:%S"), repr(error), flush=True)
    time.sleep(max(0.0, 0.2 - (time.time() - begun)))
"""


class Observations:
    """What the pod saw, once the block is over."""

    def __init__(self) -> None:
        self.answered = 0
        self.failures: list[str] = []


@contextmanager
def observed(kube: Kube, namespace: str) -> Iterator[Observations]:
    """Ask as long as the block runs. The pod has the image of the API server, and its place."""
    seen = Observations()
    server = next(pod for pod in pods_of(kube, namespace, _SERVER) if is_ready(pod)).spec
    kube.kubectl("delete", "pod", _NAME, "--namespace", namespace, "--ignore-not-found", "--now")
    kube.kubectl("apply", "--filename=-", text=json.dumps(_pod(server, namespace)))
    try:
        until(lambda: "answered" in _log(kube, namespace), seconds=_START_SECONDS, what="the observer's first answer")
        yield seen
        lines = _log(kube, namespace).splitlines()
        seen.failures = [line for line in lines if line.startswith("failed")]
        seen.answered = max((int(line.split()[1]) for line in lines if line.startswith("answered")), default=0)
    finally:
        kube.kubectl("delete", "pod", _NAME, "--namespace", namespace, "--ignore-not-found", "--now", check=False)


def _log(kube: Kube, namespace: str) -> str:
    return kube.kubectl("logs", _NAME, "--namespace", namespace, check=False)


def _pod(server: Any, namespace: str) -> dict[str, Any]:
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": _NAME,
        "image": server.containers[0].image,
        "command": ["python3", "-u", "-c", _PROGRAM, f"http://{_SERVER}:8080/api/v2/version"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": locked,
    }
    labels = {"tier": "airflow", "component": _NAME, "release": "airflow"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _NAME, "namespace": namespace, "labels": labels},
        "spec": {
            "containers": [container],
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "nodeSelector": server.node_selector,
            "securityContext": {
                "runAsUser": 50000,
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        },
    }
