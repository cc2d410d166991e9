"""Every pod that goes into a namespace with a standard meets it, or the API server would refuse it, and say so late."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for
from tests.support.pod_security import violations

GOOD: Object = {
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "one",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    }
}


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def restricted(objects: list[Object]) -> set[str]:
    return {
        item["metadata"]["name"]
        for item in objects
        if item["kind"] == "Namespace"
        and (item["metadata"].get("labels") or {}).get("pod-security.kubernetes.io/enforce") == "restricted"
    }


@pytest.mark.parametrize("delivery", ["efs", "sidecar", "bundle"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_every_pod_is_let_in(helm: Path, partition: str, delivery: str) -> None:
    charts = build_charts(settings_for(partition, dags={"delivery": delivery}))
    namespaces = {name for objects in charts.values() for name in restricted(objects)}
    seen: set[str] = set()
    for objects in charts.values():
        for release in (item for item in objects if item["kind"] == "HelmRelease"):
            namespace, name = release["metadata"]["namespace"], release["metadata"]["name"]
            if namespace not in namespaces or name == "karpenter-crd":
                continue
            rendered = rendering.render_release(helm, release)
            for workload, template in rendering.pod_templates(rendered).items():
                assert not list(violations(template)), f"{name}: {workload}"
            seen.add(namespace)
    assert seen >= {"airflow", "keda", "external-secrets"}


def test_a_good_pod_is_good() -> None:
    assert not list(violations(GOOD))


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("containers", 0, "securityContext", "privileged"), True, "one: privileged"),
        (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True, "allowPrivilegeEscalation"),
        (("containers", 0, "securityContext", "capabilities"), {}, "does not drop all"),
        (("containers", 0, "securityContext", "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "adds"),
        (("containers", 0, "securityContext", "runAsUser"), 0, "runs as root"),
        (("containers", 0, "ports"), [{"hostPort": 80}], "hostPort"),
        (("securityContext", "runAsNonRoot"), False, "runAsNonRoot"),
        (("securityContext", "seccompProfile"), {"type": "Unconfined"}, "seccomp"),
        (("hostNetwork",), True, "hostNetwork"),
        (("volumes",), [{"name": "node", "hostPath": {"path": "/"}}], "volume node"),
    ],
)
def test_a_bad_one_is_not(where: tuple[str | int, ...], value: object, said: str) -> None:
    bad = copy.deepcopy(GOOD)
    target = bad["spec"]
    for key in where[:-1]:
        target = target[key]
    target[where[-1]] = value
    assert any(said in found for found in violations(bad))
