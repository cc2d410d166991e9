"""Probe pods: each has the labels of a real kind, answers on its ports, and calls others when it is told to.

Nothing takes them for real ones: a probe is never ready, so no Service leads to it, and has an owner of its own (an
empty ConfigMap), so no controller adopts it. What is deleted with the owner is the probe.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.kube import Kube

Object = dict[str, Any]
NAMESPACE = "flow-probes"
"""Of probes that stand for nodes and for strangers: it has no policies, and takes what shares the node's network."""
MARK = {"airflow-eks-tests/flows": "probe"}
_FOLDER = Path(__file__).parent / "probe"
_START_SECONDS = 240
_ASK_SECONDS = 60
_NEVER = "airflow-eks-tests/never"


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One pod to be."""

    name: str
    namespace: str
    image: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[str] = ()
    """Such as ``tcp/8080``."""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    node: str | None = None
    """Set where it shares this node's network."""
    address: str = ""
    """What it adds to the node's loopback interface, and answers on alone."""

    @property
    def manifest(self) -> Object:
        """The pod, without its owner."""
        closed: Object = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        pod: Object = {"runAsNonRoot": True, "runAsUser": 50000, "seccompProfile": {"type": "RuntimeDefault"}}
        if self.node is None:
            # It may answer on port 53 without being root.
            pod["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
        if self.address:
            pod |= {"runAsNonRoot": False, "runAsUser": 0}
            closed["capabilities"]["add"] = ["NET_ADMIN", "NET_BIND_SERVICE"]
        environment = {"PORTS": " ".join(self.ports), "ADDRESS": self.address}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": {**self.labels, **MARK}},
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "terminationGracePeriodSeconds": 2,
                "readinessGates": [{"conditionType": _NEVER}],
                "securityContext": pod,
                "tolerations": [{"operator": "Exists"}],
                **({"nodeName": self.node, "hostNetwork": True} if self.node else {}),
                **({"nodeSelector": dict(self.node_selector)} if self.node_selector else {}),
                "containers": [
                    {
                        "name": "probe",
                        "image": self.image,
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["python3", "-c", (_FOLDER / "answer.py").read_text(encoding="utf-8")],
                        "env": [{"name": name, "value": value} for name, value in environment.items()],
                        "resources": {
                            "requests": {"cpu": "5m", "memory": "24Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"},
                        },
                        "securityContext": closed,
                    }
                ],
            },
        }  # fmt: skip


class Probes:
    """Probes in a cluster: made together, and gone together."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._namespaces: set[str] = set()

    def start(self, probes: Iterable[Probe]) -> dict[str, Object]:
        """Make them, wait until all run, and give them as they are, by their names."""
        wanted = list(probes)
        for name in sorted({each.namespace for each in wanted} - self._namespaces):
            self._owner(name)
        manifests = []
        for each in wanted:
            manifest = each.manifest
            manifest["metadata"]["ownerReferences"] = [self._owner(each.namespace)]
            manifests.append(manifest)
        self._kube.kubectl(
            "create", "--filename", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        )
        return self._running({each.name for each in wanted})

    def ask(self, pod: Object, targets: Sequence[tuple[str, str, int]]) -> list[str]:
        """Let a probe call each (protocol, host, port), and give what came of it."""
        program = (_FOLDER / "ask.py").read_text(encoding="utf-8")
        where = ["--namespace", pod["metadata"]["namespace"], "exec", pod["metadata"]["name"], "--"]
        for last in (False, False, True):
            try:
                command = [*where, "python3", "-c", program, json.dumps(targets)]
                found: list[str] = json.loads(self._kube.kubectl(*command, timeout=_ASK_SECONDS))
            except (AssertionError, subprocess.TimeoutExpired):  # kubectl's connection, not the probe's
                if last:
                    raise
            else:
                return found
        raise AssertionError

    def stop(self) -> None:
        """Delete all probes, those of a run that was cut off too, and wait until they are gone."""
        chosen = ["--all-namespaces", "--selector", ",".join(f"{key}={value}" for key, value in MARK.items())]
        found = json.loads(self._kube.kubectl("get", "pods,configmaps", *chosen, "--output", "json"))["items"]
        for namespace in sorted({each["metadata"]["namespace"] for each in found}):
            self._kube.kubectl("--namespace", namespace, "delete", "pods,configmaps", *chosen[1:], "--ignore-not-found")
        self._namespaces.clear()

    def _owner(self, namespace: str) -> Object:
        metadata = {"name": "flow-probes", "namespace": namespace, "labels": MARK}
        if namespace not in self._namespaces:
            manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
            self._kube.kubectl("apply", "--filename", "-", text=json.dumps(manifest))
            self._namespaces.add(namespace)
        made = self._kube.core.read_namespaced_config_map("flow-probes", namespace)
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": "flow-probes",
            "uid": made.metadata.uid,
            "controller": True,
        }

    def _running(self, names: set[str]) -> dict[str, Object]:
        chosen = ["--all-namespaces", "--selector", ",".join(f"{key}={value}" for key, value in MARK.items())]
        deadline = time.monotonic() + _START_SECONDS
        while True:
            found = json.loads(self._kube.kubectl("get", "pods", *chosen, "--output", "json"))["items"]
            pods = {each["metadata"]["name"]: each for each in found}
            waiting = sorted(name for name in names if pods.get(name, {}).get("status", {}).get("phase") != "Running")
            if not waiting:
                return {name: pods[name] for name in names}
            assert time.monotonic() < deadline, f"probes that do not run: {', '.join(waiting)}"
            time.sleep(2)
