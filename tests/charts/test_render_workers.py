"""Workers of several queues, rendered by real helm with the real chart."""

from __future__ import annotations

from pathlib import Path

import pytest

from charts.airflow import service_account
from charts.placement import WORKERS_POOL, node_selector, toleration
from tests.charts import rendering
from tests.charts.builders import Object, build_charts, settings_for

QUEUES = {
    "reports": {"min": 1, "max": 3, "concurrency": 4, "cpu": "1", "memory": "2Gi"},
    "heavy": {"concurrency": 1, "cpu": "7", "memory": "50Gi", "spot": False, "instance_categories": ["r"]},
}
NAMES = ("main", "heavy", "reports")
AUTOSCALED = {"main": (0, 20), "heavy": (0, 20), "reports": (1, 3)}


@pytest.fixture(scope="module", params=["aws", "aws-cn"])
def partition(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def charts(partition: str) -> dict[str, list[Object]]:
    return build_charts(settings_for(partition, airflow={"queues": QUEUES}))


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def airflow(helm: Path, charts: dict[str, list[Object]]) -> list[Object]:
    return rendered(helm, charts["airflow"])


def rendered(helm: Path, objects: list[Object]) -> list[Object]:
    (release,) = [item for item in objects if item["kind"] == "HelmRelease"]
    return rendering.render_release(helm, release)


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    """Objects of the workers, by the name of their set."""
    prefix = "airflow-worker-"
    return {
        item["metadata"]["name"].removeprefix(prefix): item
        for item in objects
        if item["kind"] == kind and item["metadata"]["name"].startswith(prefix)
    }


def test_each_queue_has_workers_and_a_scaler(airflow: list[Object]) -> None:
    assert set(of_kind(airflow, "Deployment")) == set(of_kind(airflow, "ScaledObject")) == set(NAMES)
    found = {
        name: (scaler["spec"]["minReplicaCount"], scaler["spec"]["maxReplicaCount"])
        for name, scaler in of_kind(airflow, "ScaledObject").items()
    }
    assert found == AUTOSCALED


def test_no_two_autoscalers_claim_the_same_pod(airflow: list[Object]) -> None:
    """Kubernetes would stop both: AmbiguousSelector."""
    deployments = of_kind(airflow, "Deployment")
    for name, deployment in deployments.items():
        selector = deployment["spec"]["selector"]["matchLabels"].items()
        claimed = {
            other
            for other, each in deployments.items()
            if selector <= each["spec"]["template"]["metadata"]["labels"].items()
        }
        assert claimed == {name}


def test_each_queue_is_counted_by_itself(airflow: list[Object]) -> None:
    queries = {}
    for name, scaler in of_kind(airflow, "ScaledObject").items():
        (trigger,) = scaler["spec"]["triggers"]
        assert trigger["metadata"]["connectionFromEnv"] == "AIRFLOW_CONN_AIRFLOW_DB"
        assert trigger["metadata"]["targetQueryValue"] == "1"
        queries[name] = " ".join(trigger["metadata"]["query"].split())
    count = (
        "SELECT ceil(COUNT(*)::decimal / {}) FROM task_instance "
        "WHERE (state='running' OR state='queued') AND queue IN ( '{}' )"
    )
    expected = {
        "main": count.format(16, "default"),
        "heavy": count.format(1, "heavy"),
        "reports": count.format(4, "reports"),
    }
    assert {name: query.replace(" ", "") for name, query in queries.items()} == {
        name: query.replace(" ", "") for name, query in expected.items()
    }


def test_a_worker_takes_the_tasks_of_its_queue_and_as_many_as_its_queue_says(airflow: list[Object]) -> None:
    found = {}
    for name, deployment in of_kind(airflow, "Deployment").items():
        (worker,) = deployment["spec"]["template"]["spec"]["containers"]
        _, _, script = worker["args"]
        environment = {each["name"]: each.get("value") for each in worker["env"]}
        found[name] = (" ".join(script.split()), environment.get("AIRFLOW__CELERY__WORKER_CONCURRENCY"))
        assert script.startswith("exec "), "Celery itself has to get the signal"
        assert environment["DUMB_INIT_SETSID"] == "0"
    command = "exec \\ airflow celery worker"
    assert found == {
        "main": (command, None),
        "heavy": (f"{command} -q heavy", "1"),
        "reports": (f"{command} -q reports", "4"),
    }


def test_each_queue_is_on_its_own_nodes(airflow: list[Object], charts: dict[str, list[Object]]) -> None:
    pools = {item["metadata"]["name"] for item in charts["karpenter"] if item["kind"] == "NodePool"}
    for name, deployment in of_kind(airflow, "Deployment").items():
        pool = WORKERS_POOL if name == "main" else f"{WORKERS_POOL}-{name}"
        spec = deployment["spec"]["template"]["spec"]
        assert pool in pools
        assert spec["nodeSelector"] == node_selector(pool)
        assert spec["tolerations"] == [toleration(pool)]


def test_workers_have_the_resources_of_their_queue(airflow: list[Object]) -> None:
    requests = {}
    for name, deployment in of_kind(airflow, "Deployment").items():
        (worker,) = deployment["spec"]["template"]["spec"]["containers"]
        requests[name] = worker["resources"]["requests"]
    assert requests == {
        "main": {"cpu": "2", "memory": "8Gi"},
        "heavy": {"cpu": "7", "memory": "50Gi"},
        "reports": {"cpu": "1", "memory": "2Gi"},
    }


def test_all_have_the_identity_of_workers(airflow: list[Object]) -> None:
    account = service_account("worker")
    (made,) = [item for item in airflow if item["kind"] == "ServiceAccount" and "worker" in item["metadata"]["name"]]
    assert made["metadata"]["name"] == account
    for deployment in of_kind(airflow, "Deployment").values():
        assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == account
    bound = [
        subject["name"]
        for item in airflow
        if item["kind"] in ("RoleBinding", "ClusterRoleBinding")
        for subject in item["subjects"]
        if "worker" in subject["name"]
    ]
    # Pods are started in the namespace for task pods, which has the roles for that: none among Airflow's own.
    assert bound == []


def test_a_worker_has_time_to_end_its_tasks(airflow: list[Object]) -> None:
    for deployment in of_kind(airflow, "Deployment").values():
        template = deployment["spec"]["template"]
        assert template["spec"]["terminationGracePeriodSeconds"] == 24 * 60 * 60
        annotations = template["metadata"]["annotations"]
        assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
        assert "karpenter.sh/do-not-disrupt" not in annotations
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "100%", "maxUnavailable": "50%"}


def test_fewer_tasks_have_to_last(airflow: list[Object]) -> None:
    for scaler in of_kind(airflow, "ScaledObject").values():
        behavior = scaler["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert scaler["spec"]["cooldownPeriod"] == behavior["scaleDown"]["stabilizationWindowSeconds"] == 300
        assert scaler["spec"]["pollingInterval"] == 10


def test_a_queue_leaves_the_default_queue_s_workers_alone(airflow: list[Object], helm: Path, partition: str) -> None:
    """As rendered, checksums and all: no pod but a scheduler's starts again because there is one more queue."""
    alone = rendered(helm, build_charts(settings_for(partition))["airflow"])
    assert of_kind(alone, "ScaledObject") == {"main": of_kind(airflow, "ScaledObject")["main"]}
    before, after = (rendering.pod_templates(objects) for objects in (alone, airflow))
    assert {name for name in before if before[name] != after[name]} == {"Deployment/airflow-scheduler"}
