"""A cluster as it was: what a run that was killed left behind is taken away before the next one begins.

What there was is written down before anything is made, in a ConfigMap that goes last.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections import defaultdict

from tests.cluster import pools
from tests.cluster.kube import Kube
from tests.cluster.leftovers import everything
from tests.cluster.stand_ins import in_cluster
from tests.cluster.stand_ins.dns import Dns

_NAMESPACE, _NAME, _KEY = "default", "airflow-eks-before-tests", "objects"
# Whoever calls these is not there any more: with them nothing else could be changed or deleted.
_FIRST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService", "ValidatingAdmissionPolicy",
          "ValidatingAdmissionPolicyBinding")  # fmt: skip
_SECONDS = "--timeout=90s"
_NO_FINALIZERS = '{"metadata":{"finalizers":null}}'


def remember(kube: Kube) -> None:
    """Write down what there is."""
    packed = b64encode(gzip.compress("\n".join(sorted(everything(kube))).encode())).decode()
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME, "namespace": _NAMESPACE},
        "data": {_KEY: packed},
    }
    kube.kubectl("apply", "--server-side", "--filename=-", text=json.dumps(body))


def clean(kube: Kube) -> list[str]:
    """Take away what was not there when ``remember`` was called last, and say what it was."""
    found = kube.kubectl(
        "--namespace", _NAMESPACE, "get", "configmap", _NAME, "--ignore-not-found", "--output=jsonpath={.data.objects}"
    )
    if not found:
        return []
    before = set(gzip.decompress(b64decode(found)).decode().splitlines())
    # The stand-ins' webhook leads nowhere; their drivers have to unmount what pods use, and so go last.
    kube.kubectl("delete", "mutatingwebhookconfiguration", in_cluster.NAMESPACE, "--ignore-not-found")
    own = {f"ConfigMap {_NAMESPACE}/{_NAME}"}
    left = sorted(everything(kube) - before - own)
    definitions = [one for one in left if one.startswith("CustomResourceDefinition ")]
    first = [one for one in left if one.split()[0] in _FIRST]
    rest = [one for one in left if one not in (*definitions, *first) and in_cluster.NAMESPACE not in one]
    for step in (first, rest, definitions):
        _delete(kube, step)
    forget(kube)
    return left


def forget(kube: Kube) -> None:
    """The end of a run: what it changed is as it was, and nothing is to be cleaned."""
    in_cluster.remove(kube)
    Dns(kube).restore()
    pools.restore(kube)
    kube.kubectl("--namespace", _NAMESPACE, "delete", "configmap", _NAME, "--ignore-not-found")


def _delete(kube: Kube, objects: list[str]) -> None:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in objects:
        kind, _, name = one.partition(" ")
        namespace, _, name = name.rpartition("/")
        if kind != "CustomResourceDefinition" or "." in name:
            grouped[kind, namespace].append(name)
    # What is in a namespace goes with it, but for what has a finalizer that nobody serves.
    for (kind, namespace), names in sorted(grouped.items(), key=lambda item: item[0][0] == "Namespace"):
        where = ["--namespace", namespace] if namespace else []
        if kind != "Namespace":
            for name in _finalized(kube, where, kind).intersection(names):
                kube.kubectl(*where, "patch", kind, name, "--type=merge", f"--patch={_NO_FINALIZERS}", check=False)
        kube.kubectl(*where, "delete", kind, *names, "--ignore-not-found", "--wait=false", check=False)
    for (kind, _), names in grouped.items():
        if kind == "Namespace":
            kube.kubectl("wait", "--for=delete", *(f"namespace/{name}" for name in names), _SECONDS, check=False)


def _finalized(kube: Kube, where: list[str], kind: str) -> set[str]:
    """Names of the objects of a kind that somebody has to let go."""
    columns = "--output=custom-columns=N:.metadata.name,F:.metadata.finalizers"
    listed = kube.kubectl(*where, "get", kind, "--no-headers", columns, check=False)
    return {line.split()[0] for line in listed.splitlines() if line.split()[1:] != ["<none>"]}
