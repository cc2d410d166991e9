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
_TIMES, _SECONDS = 8, "--timeout=15s"
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


def remembered(kube: Kube) -> str:
    """What ``remember`` wrote down, packed; nothing where no run has begun, or the last one ended as it should."""
    get = ("get", "configmap", _NAME, "--ignore-not-found", "--output=jsonpath={.data.objects}")
    return kube.kubectl("--namespace", _NAMESPACE, *get)


def clean(kube: Kube) -> list[str]:
    """Take away what was not there when ``remember`` was called last, and say what it was."""
    found = remembered(kube)
    if not found:
        return []
    before = set(gzip.decompress(b64decode(found)).decode().splitlines())
    # The stand-ins' webhook leads nowhere; their drivers have to unmount what pods use, and so go last.
    kube.kubectl("delete", "mutatingwebhookconfiguration", in_cluster.NAMESPACE, "--ignore-not-found")
    own = {f"ConfigMap {_NAMESPACE}/{_NAME}"}
    left = sorted(everything(kube) - before - own)
    namespaces = [one.partition(" ")[2] for one in left if one.startswith("Namespace ")]
    # What is in a namespace goes with it.
    alone = [one for one in left if one.partition(" ")[2].partition("/")[0] not in (*namespaces, in_cluster.NAMESPACE)]
    first = [one for one in alone if one.split()[0] in _FIRST]
    last = [one for one in alone if one.startswith("CustomResourceDefinition ")]
    rest = [one for one in alone if one not in (*first, *last) and not one.startswith("Namespace ")]
    _delete(kube, first)
    _release(kube, left)
    gone = [name for name in namespaces if name != in_cluster.NAMESPACE]
    if gone:
        kube.kubectl("delete", "namespace", *gone, "--ignore-not-found", "--wait=false", check=False)
    _delete(kube, rest)
    _wait(kube, gone, left)
    _delete(kube, last)
    forget(kube)
    return left


def forget(kube: Kube) -> None:
    """The end of a run: what it changed is as it was, and nothing is to be cleaned."""
    in_cluster.remove(kube)
    Dns(kube).restore()
    pools.restore(kube)
    kube.kubectl("--namespace", _NAMESPACE, "delete", "configmap", _NAME, "--ignore-not-found")


def _wait(kube: Kube, namespaces: list[str], objects: list[str]) -> None:
    """Wait until namespaces are gone. A controller that is not gone yet may have put its finalizer on once more."""
    for _ in range(_TIMES if namespaces else 0):
        kube.kubectl("wait", "--for=delete", *(f"namespace/{name}" for name in namespaces), _SECONDS, check=False)
        if not kube.kubectl("get", "namespace", *namespaces, "--ignore-not-found", "--output=name"):
            break
        _release(kube, objects)


def _delete(kube: Kube, objects: list[str]) -> None:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in objects:
        kind, _, name = one.partition(" ")
        namespace, _, name = name.rpartition("/")
        grouped[namespace, kind].append(name)
    for (namespace, kind), names in sorted(grouped.items()):
        where = ["--namespace", namespace] if namespace else []
        kube.kubectl(*where, "delete", kind, *names, "--ignore-not-found", "--wait=false", check=False)


def _release(kube: Kube, objects: list[str]) -> None:
    """Take the finalizers off objects that nobody will let go: who would is being deleted beside them."""
    kinds = sorted({one.split()[0] for one in objects} - {*_FIRST, "CustomResourceDefinition", "Namespace"})
    columns = "--output=custom-columns=K:.kind,S:.metadata.namespace,N:.metadata.name,F:.metadata.finalizers"
    listed = kube.kubectl("get", ",".join(kinds), "--all-namespaces", "--no-headers", columns, check=False)
    for kind, namespace, name, finalizers in (line.split(None, 3) for line in listed.splitlines()):
        of = f"{kind} {namespace}/{name}".replace("<none>/", "")
        if of in objects and finalizers.strip() != "<none>":
            where = [] if namespace == "<none>" else ["--namespace", namespace]
            kube.kubectl(*where, "patch", kind, name, "--type=merge", f"--patch={_NO_FINALIZERS}", check=False)
