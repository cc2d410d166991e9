"""Which images the nodes have: a test that needs one that is not there is skipped, by the image's name."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping

import pytest

from settings import Registry, Settings, load_releases
from settings.pulled import pulled
from tests.cluster.kube import Kube

_PROBES = "airflow-eks-images"
_PROBE_SECONDS = 300
_NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
# Settings that make no sense without another.
_BESIDE = {"addons.alarm_metrics": ("alarms.enabled",)}


def needs_image(*keys: str) -> pytest.MarkDecorator:
    """Mark a test that needs images, by their keys in settings/releases.yaml."""
    unknown = set(keys) - set(load_releases().images)
    assert not unknown, f"settings/releases.yaml has no image {', '.join(sorted(unknown))}"
    return pytest.mark.needs_image(*keys)


def references(settings: Settings, account: str) -> dict[str, str]:
    """The reference of each image that a deployment with these settings runs, by its key."""
    registry = Registry(settings=settings, account=account)
    return {key: str(registry.image(key)) for key in pulled(settings).images if key in load_releases().images}


def on_nodes(kube: Kube) -> set[str]:
    """Every name that an image has on a node."""
    return {
        name for node in kube.core.list_node().items for image in node.status.images or () for name in image.names or ()
    }


def tags_on_nodes(kube: Kube, upstream: str) -> set[str]:
    """Versions (``1.2.3``) of an image: tags that every node has that has any of them."""
    wanted = re.compile(rf"{re.escape(upstream)}:(\d+\.\d+\.\d+)")
    nodes = []
    for node in kube.core.list_node().items:
        names = [name for image in node.status.images or () for name in image.names or ()]
        nodes.append({found[1] for name in names if (found := wanted.fullmatch(name))})
    return set.intersection(*filter(None, nodes)) if any(nodes) else set()


def is_there(reference: str, names: Iterable[str]) -> bool:
    """Whether one of the names is that of a reference: by its digest where it has one, otherwise by its tag."""
    named, _, digest = reference.partition("@")
    if not digest:
        return reference in names
    repository = named.rpartition(":")[0]
    return reference in names or f"{repository}@{digest}" in names


def absent(kube: Kube, wanted: Mapping[str, str]) -> frozenset[str]:
    """Keys of the images that no node has and that none can pull."""
    names = on_nodes(kube)
    unseen = {key: reference for key, reference in wanted.items() if not is_there(reference, names)}
    if not unseen:
        return frozenset()
    _forget_probes(kube)
    kube.kubectl("create", "namespace", _PROBES)
    try:
        kube.kubectl("apply", "--filename=-", text=json.dumps(_list(_probe(*each) for each in unseen.items())))
        return frozenset(key for key in unseen if not _pulled(kube, key))
    finally:
        _forget_probes(kube)


def _forget_probes(kube: Kube) -> None:
    kube.kubectl("--namespace", _PROBES, "delete", "pods", "--all", "--force", "--grace-period=0", check=False)
    kube.kubectl("delete", "namespace", _PROBES, "--ignore-not-found", "--timeout=180s", check=False)


def switched_off(keys: Iterable[str]) -> dict[str, str]:
    """The settings without which nothing needs these images. Raises LookupError for one that everything needs."""
    found: dict[str, str] = {}
    for key in keys:
        where = load_releases().images[key].where
        if where is None:
            raise LookupError(key)
        found |= dict.fromkeys((where, *_BESIDE.get(where, ())), "false")
    return found


def _probe(key: str, reference: str) -> dict[str, object]:
    """A pod of the image. It is to fail as soon as the image is there: its command is in no image."""
    container = {"name": "probe", "image": reference, "imagePullPolicy": "IfNotPresent", "command": ["/no-program"]}
    spec = {"containers": [container], "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}]}
    metadata = {"name": key.replace(".", "-"), "namespace": _PROBES}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _pulled(kube: Kube, key: str) -> bool:
    deadline = time.monotonic() + _PROBE_SECONDS
    while time.monotonic() < deadline:
        status = kube.core.read_namespaced_pod(key.replace(".", "-"), _PROBES).status
        for container in status.container_statuses or ():
            state = container.state
            reason = state.waiting.reason if state.waiting else "ended"
            if reason != "ContainerCreating":
                return reason not in _NO_IMAGE
        time.sleep(1)
    return False


def _list(items: Iterable[dict[str, object]]) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}
