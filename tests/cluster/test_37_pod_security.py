"""Pod Security on a real cluster: what is below a namespace's standard is refused, and ours run under it."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tests.cluster.platform import Platform
from tests.support import shut_in

ENFORCE = "pod-security.kubernetes.io/enforce"
# Those whose pods read the node itself, by their charts: they take every pod.
ON_THE_NODE = {"fluent-bit", "node-exporter"}


@cache
def standards() -> dict[str, str]:
    """The standard of each namespace that the charts make, by the charts."""
    objects = shut_in.objects_of_all_charts(spark={"history_server": True})
    found = [item["metadata"] for item in objects if item["kind"] == "Namespace"]
    return {each["name"]: (each.get("labels") or {}).get(ENFORCE, "none") for each in found}


def test_every_namespace_of_ours_has_a_standard() -> None:
    assert {name for name, standard in standards().items() if standard != "restricted"} == ON_THE_NODE


@pytest.mark.parametrize("namespace", sorted(set(standards()) - ON_THE_NODE))
def test_a_privileged_pod_is_refused(platform: Platform, namespace: str) -> None:
    labels = _labels(platform, namespace)
    assert labels.get(ENFORCE) == standards()[namespace], f"{namespace} does not enforce {standards()[namespace]}"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "privileged", "namespace": namespace},
        "spec": {"containers": [{"name": "one", "image": "none", "securityContext": {"privileged": True}}]},
    }
    # Nothing is made where it is let in: the server is asked, and no more.
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        platform.kubectl("create", "--dry-run=server", "--filename", "-", text=json.dumps(pod))


@pytest.mark.parametrize("namespace", sorted(set(standards()) - ON_THE_NODE))
def test_the_platforms_own_pods_meet_it(platform: Platform, namespace: str) -> None:
    _labels(platform, namespace)
    # Who makes pods (ReplicaSets, Jobs) tells of each that is refused.
    events = platform.kube.core.list_namespaced_event(namespace, field_selector="reason=FailedCreate").items
    assert [each.message for each in events if "violates PodSecurity" in (each.message or "")] == []


def _labels(platform: Platform, namespace: str) -> dict[str, str]:
    there = {each.metadata.name: each.metadata.labels for each in platform.kube.core.list_namespace().items}
    if namespace not in there:
        pytest.skip(f"this deployment has no namespace {namespace}: the settings leave it out")
    return dict(there[namespace])
