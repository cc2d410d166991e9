"""The kinds of pods that nodes are started for, as specs: of what is deployed, or of what the charts and DAGs say."""

from __future__ import annotations

import yaml

from charts.airflow.task_pods import pod_template
from charts.placement import POOL_LABEL, SERVICES_POOL, worker_pool
from tests.cluster.platform import ROOT, Platform
from tests.support.scheduling import Object, spark_pods

_JOB = ROOT / "dags" / "example_pyspark_pi_job.yaml"


def deployed(platform: Platform, component: str, pool: str = SERVICES_POOL) -> Object:
    """The pod of a component of Airflow, as it is deployed, that is for a pool's nodes."""
    apps, selector = platform.kube.apps, f"component={component}"
    listed = (apps.list_namespaced_deployment, apps.list_namespaced_stateful_set)
    templates = [
        each.spec.template
        for list_ in listed
        for each in list_(platform.namespace, label_selector=selector).items
        if each.spec.template.spec.node_selector.get(POOL_LABEL) == pool
    ]
    assert templates, f"no {component} of Airflow is for nodes of {pool}"
    spec: Object = apps.api_client.sanitize_for_serialization(templates[0].spec)
    return spec


def worker(platform: Platform) -> Object:
    """A worker of the default queue."""
    return deployed(platform, "worker", worker_pool("default"))


def task_pod(platform: Platform) -> Object:
    """A pod of a task that says an image and a command, and nothing else."""
    settings = platform.settings.airflow
    asked = {"cpu": settings.task_pods.container_cpu, "memory": settings.task_pods.container_memory}
    spec: Object = pod_template(settings.workers.longest_task_hours)["spec"]
    return {**spec, "containers": [{"resources": {"requests": asked}}]}


def spark_pod(part: str) -> Object:
    """Driver or executor of the sample job."""
    return spark_pods(yaml.safe_load(_JOB.read_text(encoding="utf-8")))[part]


def with_cpu(pod: Object, cpu: str) -> Object:
    """The same pod, with this for all its CPUs."""
    return {**pod, "initContainers": [], "containers": [{"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]}
