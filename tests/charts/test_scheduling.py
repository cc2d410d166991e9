"""Every pod has a place, and none is where it must not be: what the platform renders, against the nodes that it makes.

With the charts' archives (make charts) every pod template is looked at; without them, the values that we give to what
matters most: workers, and Spark.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cdk8s
import pytest
import yaml

from charts.addons import AddonContext, HelmAddon, enabled_addons
from charts.placement import SERVICES_POOL, SYSTEM_POOL, worker_pool
from charts.spark.pools import NODE_GROUP_TYPE, SPARK_POOLS
from settings import Registry, Settings
from settings.node_sizes import largest_system_pod, system_pods
from settings.sizes import SIZES
from tests.charts import rendering
from tests.charts.builders import ACCOUNT, Object, build_charts, release_values, settings_for
from tests.charts.test_addons import GRAFANA
from tests.support.scheduling import Pool, homes, obstacles, pools, requests, spark_pods

ROOT = Path(__file__).parents[2]
HEAVY = {"concurrency": 1, "cpu": "7", "memory": "50Gi", "spot": False, "instance_categories": ["r"]}
CHOSEN: dict[str, Any] = {"airflow": {"queues": {"heavy": HEAVY}}, "spark": {"history_server": True}}
# Deployments of EKS' own add-ons, whose pods are no template here: CoreDNS, and the controllers of volumes.
_EKS_CPU, _EKS_MEMORY = 0.6, 1.0
WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob")


@pytest.fixture(scope="module", params=[*((size, "aws") for size in SIZES), ("medium", "aws-cn")])
def settings(request: pytest.FixtureRequest) -> Settings:
    size, partition = request.param
    return settings_for(partition, size=size, **CHOSEN)


@pytest.fixture(scope="module")
def charts(settings: Settings) -> dict[str, list[Object]]:
    return build_charts(settings)


@pytest.fixture(scope="module")
def nodes(settings: Settings, charts: dict[str, list[Object]]) -> dict[str, Pool]:
    return pools(settings, charts["karpenter"])


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendering.helm(tmp_path_factory.mktemp("helm"))


def rendered(helm: Path, settings: Settings, objects: list[Object]) -> Iterator[tuple[str, Object, int]]:
    """Each pod of a chart of ours, by where it comes from, and how many there are: its own, and of its releases."""
    yield from _pods(objects, "object")
    yield from _prometheus(objects)
    for release in (item for item in objects if item["kind"] == "HelmRelease"):
        name = release["metadata"]["name"]
        if name in ("karpenter-crd", "prometheus-operator-crds"):
            continue
        found = rendering.render_release(helm, release, kubernetes=settings.cluster.kubernetes_version)
        yield from _pods(found, name)


def _prometheus(objects: list[Object]) -> Iterator[tuple[str, Object, int]]:
    """The servers that Prometheus' operator makes, by what they are asked to be."""
    for release in (item for item in objects if item["metadata"]["name"] == "kube-prometheus-stack"):
        spec = release["spec"]["values"]["prometheus"]["prometheusSpec"]
        pod = {"nodeSelector": spec["nodeSelector"], "containers": [{"resources": spec["resources"]}]}
        yield "prometheus-servers", pod, spec["replicas"]


def _pods(objects: list[Object], source: str) -> Iterator[tuple[str, Object, int]]:
    for item in (each for each in objects if each["kind"] in WORKLOADS):
        ((name, template),) = rendering.pod_templates([item]).items()
        yield f"{source}: {name}", template["spec"], item["spec"].get("replicas") or 1


def addon_charts(settings: Settings) -> Iterator[list[Object]]:
    """What the add-ons consist of that are Helm releases."""
    context = AddonContext(
        settings=settings,
        registry=Registry(settings=settings, account=ACCOUNT),
        partition=settings.partition,
        account=ACCOUNT,
        vpc_id="vpc-0123456789abcdef0",
        key_arn=f"arn:{settings.partition}:kms:{settings.region}:{ACCOUNT}:key/1",
        grafana=GRAFANA,
    )
    app = cdk8s.App()
    for name, addon in enabled_addons(context):
        if isinstance(addon, HelmAddon):
            yield addon.chart(app, name).to_json()


def sample() -> dict[str, Object]:
    """Driver and executor of the sample job."""
    text = (ROOT / "dags" / "example_pyspark_pi_job.yaml").read_text(encoding="utf-8")
    return spark_pods(yaml.safe_load(text))


def job_on(group: str, *, cores: int = 1, memory: str = "1g", capacity: str = "spot") -> Object:
    """An executor that asks for a type of nodes."""
    (pool,) = [each for each in SPARK_POOLS if each.node_group_type == group]
    part = {
        "cores": cores,
        "memory": memory,
        "nodeSelector": {NODE_GROUP_TYPE: group, "karpenter.sh/capacity-type": capacity},
        "tolerations": [{"key": pool.name, "operator": "Exists", "effect": "NoSchedule"}],
    }
    return spark_pods({"spec": {"driver": part, "executor": part}})["executor"]


def test_every_pod_that_is_rendered_has_one_home(
    helm: Path, settings: Settings, charts: dict[str, list[Object]], nodes: dict[str, Pool]
) -> None:
    system: list[tuple[float, float]] = []
    for objects in (*charts.values(), *addon_charts(settings)):
        for name, pod, replicas in rendered(helm, settings, objects):
            found = homes(pod, nodes)
            why = {pool.name: list(obstacles(pod, pool)) for pool in nodes.values()}
            if "DaemonSet/" in name:
                # The nodes' sizes have room for it: tests/support/scheduling.py.
                assert found == nodes.keys(), f"{name}: {why}"
            elif "airflow-worker" in name:
                queue = name.rpartition("airflow-worker-")[2]
                assert found == {worker_pool("default" if queue == "main" else queue)}, f"{name}: {why}"
            elif (
                name.startswith(("airflow:", "grafana:", "object: Job/airflow-setup-"))
                or "spark-history" in name
                or name == "prometheus-servers"
            ):
                assert found == {SERVICES_POOL}, f"{name}: {why}"
            else:
                assert found == {SYSTEM_POOL}, f"{name}: {why}"
                system += [requests(pod)] * replicas
    # What the settings refuse nodes by that are too small (settings/node_sizes.py) is what there is.
    asked, one = system_pods(settings.addons), largest_system_pod(settings.addons)
    assert asked.vcpus == pytest.approx(sum(cpu for cpu, _ in system) + _EKS_CPU, rel=0.05)
    assert asked.memory_gib == pytest.approx(sum(memory for _, memory in system) + _EKS_MEMORY, rel=0.05)
    assert (one.vcpus, one.memory_gib) == (max(cpu for cpu, _ in system), max(memory for _, memory in system))
    nodes_at_first, node = settings.cluster.nodes.min, nodes[SYSTEM_POOL]
    assert sum(cpu for cpu, _ in system) + _EKS_CPU < nodes_at_first * node.vcpus
    assert sum(memory for _, memory in system) + _EKS_MEMORY < nodes_at_first * node.memory_gib


def test_workers_are_never_on_the_system_nodes(charts: dict[str, list[Object]], nodes: dict[str, Pool]) -> None:
    sets = release_values(charts["airflow"], "airflow")["workers"]["celery"]["sets"]
    assert {each["queue"] for each in sets} == {"default", "heavy"}
    for each in sets:
        pod = {**each, "containers": [{"resources": each["resources"]}]}
        assert homes(pod, nodes) == {worker_pool(each["queue"])}


def test_the_sample_jobs_pods_are_on_sparks_nodes_alone(nodes: dict[str, Pool]) -> None:
    for part, pod in sample().items():
        assert homes(pod, nodes) == {"spark-compute-optimized"}, part


@pytest.mark.parametrize("group", [pool.node_group_type for pool in SPARK_POOLS])
@pytest.mark.parametrize("capacity", ["spot", "on-demand"])
def test_each_type_of_sparks_nodes_takes_jobs(nodes: dict[str, Pool], group: str, capacity: str) -> None:
    (pool,) = [each for each in SPARK_POOLS if each.node_group_type == group]
    # Of compute-optimized nodes, 32 vCPUs have 64 GiB; of memory-optimized ones, 256 GiB.
    memory = {"c": "35g", "r": "150g"}[pool.category]
    assert homes(job_on(group, cores=30, memory=memory, capacity=capacity), nodes) == {pool.name}


def test_an_executor_that_fits_on_no_node_is_found(nodes: dict[str, Pool]) -> None:
    assert homes(job_on("SparkComputeOptimized", cores=33), nodes) == set()
    assert homes(job_on("SparkComputeOptimized", memory="60g"), nodes) == set()
    assert homes(job_on("SparkMemoryOptimized", memory="60g"), nodes) == {"spark-memory-optimized"}


def test_what_tolerates_nothing_comes_to_no_node_with_a_taint(nodes: dict[str, Pool]) -> None:
    assert homes({"containers": [{}]}, nodes) == {SYSTEM_POOL, SERVICES_POOL}


def test_a_pod_for_another_architecture_has_no_home(nodes: dict[str, Pool]) -> None:
    assert homes({"nodeSelector": {"kubernetes.io/arch": "amd64"}, "containers": [{}]}, nodes) == set()


@pytest.mark.parametrize(
    ("expression", "there"),
    [
        ({"key": NODE_GROUP_TYPE, "operator": "In", "values": ["SparkComputeOptimized"]}, True),
        ({"key": NODE_GROUP_TYPE, "operator": "NotIn", "values": ["SparkComputeOptimized"]}, False),
        ({"key": NODE_GROUP_TYPE, "operator": "Exists"}, True),
        ({"key": "somebody.example.com/label", "operator": "Exists"}, False),
        ({"key": "somebody.example.com/label", "operator": "DoesNotExist"}, True),
        ({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-west-2a"]}, True),
        ({"key": "karpenter.sh/capacity-type", "operator": "NotIn", "values": ["spot"]}, True),
        ({"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["reserved"]}, False),
    ],
)
def test_affinities_are_read(nodes: dict[str, Pool], expression: Object, there: bool) -> None:
    term = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    pod = {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}},
        "tolerations": [{"operator": "Exists"}],
        "containers": [{}],
    }
    assert ("spark-compute-optimized" in homes(pod, nodes)) is there


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "spark-compute-optimized", "operator": "Exists"}, True),
        ({"key": "spark-compute-optimized", "value": "true", "effect": "NoSchedule"}, True),
        ({"key": "spark-compute-optimized", "value": "false", "effect": "NoSchedule"}, False),
        ({"key": "spark-compute-optimized", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "spark-memory-optimized", "operator": "Exists"}, False),
        ({"operator": "Exists"}, True),
    ],
)
def test_tolerations_are_read(nodes: dict[str, Pool], toleration: Object, tolerated: bool) -> None:
    pod = {"tolerations": [toleration], "containers": [{}]}
    assert ("spark-compute-optimized" in homes(pod, nodes)) is tolerated
