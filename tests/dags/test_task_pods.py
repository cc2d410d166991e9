"""Task pods: what the pinned KubernetesPodOperator makes of an image and a command, with the platform's defaults.

The operator, Airflow's loading of airflow_local_settings.py and its parsing of DAGs are the real ones.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from charts.airflow.config import airflow_environment
from charts.airflow.task_pods import LOCAL_SETTINGS, connection_extra, task_pods_environment
from charts.placement import POOL_LABEL, TASK_PODS_POOL, taint
from settings import Registry, build_settings
from tests.dags.conftest import AIRFLOW_PYTHON
from tests.support.pod_security import violations
from tests.support.scheduling import tolerates

DAGS = '''
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk import DAG, task
from kubernetes.client import models as k8s

with DAG("pods"):
    class Mine(KubernetesPodOperator):
        """One that knows how long its pods take."""

        def __init__(self, **kwargs):
            super().__init__(startup_timeout_seconds=77, **kwargs)

    def pod(task_id, kind=KubernetesPodOperator, **more):
        return kind(task_id=task_id, image="example.com/image:1", cmds=["true"], **more)

    pod("plain")
    pod("deferrable", deferrable=True)
    pod("returns", do_xcom_push=True)
    pod(
        "particular",
        namespace="task-pods",
        service_account_name="other",
        node_selector={"karpenter.k8s.aws/instance-category": "r"},
        tolerations=[k8s.V1Toleration(key="mine", operator="Exists")],
        annotations={"karpenter.sh/do-not-disrupt": "false", "mine": "yes"},
        security_context={"runAsUser": 1000, "fsGroup": 1000},
        container_security_context=k8s.V1SecurityContext(
            read_only_root_filesystem=True, capabilities=k8s.V1Capabilities(add=["NET_BIND_SERVICE"])
        ),
        container_resources=k8s.V1ResourceRequirements(requests={"memory": "3Gi"}, limits={"cpu": "1"}),
        priority_class_name="mine",
        active_deadline_seconds=60,
        automount_service_account_token=True,
        init_containers=[k8s.V1Container(name="first", image="example.com/first:1")],
        startup_timeout_seconds=120,
    )
    pod("root", security_context=k8s.V1PodSecurityContext(run_as_user=0, run_as_non_root=False))
    pod("privileged", container_security_context={"privileged": True, "allowPrivilegeEscalation": True})
    pod("elsewhere", namespace="spark-team-a")
    pod("other_cluster", kubernetes_conn_id="other")
    pod("subclass", kind=Mine)
    pod("patient", schedule_timeout_seconds=60)
    KubernetesPodOperator.partial(task_id="mapped", image="example.com/image:1").expand(cmds=[["true"], ["false"]])
    KubernetesPodOperator.partial(task_id="mapped_own", image="a:1", startup_timeout_seconds=5).expand(cmds=[["true"]])
    SparkKubernetesOperator(task_id="spark", namespace="spark-team-a", application_file="spark.yaml")

    @task.kubernetes(image="example.com/python:1")
    def decorated():
        return 1

    decorated()
'''

PROBE = """
import json, pathlib, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from airflow.utils.db import initdb

initdb()
KubernetesHook.is_in_cluster = True  # it would ask the cluster
bag = DagBag()
assert not bag.import_errors, bag.import_errors
report = {"pods": {}, "waits": {}}
for task in bag.dags["pods"].tasks:
    said = task.partial_kwargs if task.is_mapped else vars(task)
    report["waits"][task.task_id] = [said.get("schedule_timeout_seconds"), said.get("startup_timeout_seconds")]
    if isinstance(task, KubernetesPodOperator) and task.task_id not in ("spark", "other_cluster"):
        pod = task.build_pod_request_obj()
        report["pods"][task.task_id] = PodGenerator.serialize_pod(pod)
pathlib.Path(sys.argv[1]).write_text(json.dumps(report))
"""

Pod = dict[str, Any]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    for folder in ("config", "dags"):
        (home / folder).mkdir()
    (home / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS.read_text())
    (home / "dags" / "pods.py").write_text(DAGS)
    (home / "dags" / "spark.yaml").write_text("kind: SparkApplication")
    settings = build_settings({"airflow.workers.longest_task_hours": 6})
    registry = Registry(settings=settings, account="123456789012")
    told = [
        *airflow_environment(connection_extra(registry)),
        *task_pods_environment(task_pods=settings.airflow.task_pods, registry=registry, longest_task_hours=6),
    ]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        **{entry["name"]: entry["value"] for entry in told},
    }
    findings = home / "findings.json"
    done = subprocess.run(
        [AIRFLOW_PYTHON, "-c", PROBE, findings],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert findings.exists(), done.stdout[-2000:] + done.stderr[-4000:]
    read: dict[str, Any] = json.loads(findings.read_text())
    return read


@pytest.fixture(scope="module")
def pods(report: dict[str, Any]) -> dict[str, Pod]:
    found: dict[str, Pod] = report["pods"]
    return found


ADMITTED = ("plain", "deferrable", "returns", "particular", "subclass", "decorated")


@pytest.mark.parametrize("name", ADMITTED)
def test_it_is_admitted_to_its_home(pods: dict[str, Pod], name: str) -> None:
    assert pods[name]["metadata"]["namespace"] == "task-pods"
    assert list(violations(pods[name])) == []


@pytest.mark.parametrize("name", ADMITTED)
def test_it_lands_on_the_nodes_for_task_pods(pods: dict[str, Pod], name: str) -> None:
    spec = pods[name]["spec"]
    assert spec["nodeSelector"][POOL_LABEL] == TASK_PODS_POOL
    assert any(tolerates(each, taint(TASK_PODS_POOL)) for each in spec["tolerations"])


def test_a_task_that_says_an_image_and_a_command_has_all_the_rest(pods: dict[str, Pod]) -> None:
    pod = pods["plain"]
    spec = pod["spec"]
    assert spec["serviceAccountName"] == "task"
    assert spec["automountServiceAccountToken"] is False
    assert spec["priorityClassName"] == "airflow-workers"
    assert spec["activeDeadlineSeconds"] == 6 * 60 * 60
    assert pod["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "true"
    (container,) = spec["containers"]
    assert (container["image"], container["command"]) == ("example.com/image:1", ["true"])


def test_what_a_task_says_stays(pods: dict[str, Pod]) -> None:
    pod = pods["particular"]
    spec = pod["spec"]
    assert spec["serviceAccountName"] == "other"
    assert spec["nodeSelector"]["karpenter.k8s.aws/instance-category"] == "r"
    assert {"key": "mine", "operator": "Exists"} in spec["tolerations"]
    assert pod["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "false", "mine": "yes"}
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["fsGroup"]) == (1000, 1000)
    assert (spec["priorityClassName"], spec["activeDeadlineSeconds"]) == ("mine", 60)
    assert spec["automountServiceAccountToken"] is True
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}
    assert spec["initContainers"][0]["image"] == "example.com/first:1"


def test_who_asks_for_memory_has_it(pods: dict[str, Pod]) -> None:
    # The namespace's default limit would be below the request, and Kubernetes would refuse the pod.
    (container,) = pods["particular"]["spec"]["containers"]
    assert container["resources"] == {"requests": {"memory": "3Gi"}, "limits": {"cpu": "1", "memory": "3Gi"}}


@pytest.mark.parametrize("name", ["root", "privileged"])
def test_what_a_task_must_not_have_is_not_taken_from_it_in_silence(pods: dict[str, Pod], name: str) -> None:
    assert list(violations(pods[name])), "the API server refuses it, and says why"


def test_pods_of_other_namespaces_are_left_alone(pods: dict[str, Pod]) -> None:
    pod = pods["elsewhere"]
    assert pod["metadata"]["namespace"] == "spark-team-a"
    assert "serviceAccountName" not in pod["spec"]
    assert not pod["spec"].get("nodeSelector")
    assert not pod["spec"].get("tolerations")


def test_what_a_task_returns_is_read_through_an_image_of_the_platforms(pods: dict[str, Pod]) -> None:
    sidecar = pods["returns"]["spec"]["containers"][1]
    registry = Registry(settings=build_settings({}), account="123456789012")
    assert sidecar["image"] == str(registry.image("pgbouncer"))
    assert sidecar["resources"]["limits"] == {"memory": "32Mi"}


@pytest.mark.parametrize(
    ("task", "schedule", "startup"),
    [
        ("plain", 900, 900),
        ("deferrable", 900, 900),
        ("decorated", 900, 900),
        ("mapped", 900, 900),
        ("patient", 60, 900),
        # Its own words, be they the provider's default.
        ("particular", 120, 120),
        ("subclass", 77, 77),
        ("mapped_own", None, 5),
        # Not ours.
        ("elsewhere", 120, 120),
        ("other_cluster", 120, 120),
        ("spark", 120, 600),
    ],
)
def test_a_pod_waits_for_a_node(report: dict[str, Any], task: str, schedule: int | None, startup: int) -> None:
    assert report["waits"][task] == [schedule, startup]


def test_airflow_takes_nothing_else_from_the_file() -> None:
    # Every other name in it would replace one in airflow.settings.
    text = LOCAL_SETTINGS.read_text()
    assert '__all__ = ("pod_mutation_hook", "task_policy")' in text
    assert "{{" not in text, "Airflow's chart takes it for a template"
