"""Airflow's airflow_local_settings.py: what a task pod has that its DAG does not say.

The KubernetesPodOperator reads no pod template but the one that its task names. So this is done with the pod that it
has made, right before that goes to the API server, and only with pods in the namespace for task pods. What a task says
stays as it is; what it must not have, the API server refuses.
"""

from __future__ import annotations

import json
import os
from typing import Any

__all__ = ("pod_mutation_hook", "task_policy")

_CONNECTION = "kubernetes_default"
_OPERATOR, _NOT_THIS = "KubernetesPodOperator", "SparkKubernetesOperator"
_STARTUP, _SCHEDULE = "startup_timeout_seconds", "schedule_timeout_seconds"


def pod_mutation_hook(pod: Any) -> None:
    """Put the defaults under a pod in the namespace for task pods."""
    told = json.loads(os.environ["TASK_PODS"])
    if pod.metadata.namespace != told["namespace"]:
        return
    # Each process of Airflow's reads this file, and few of them start pods.
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # noqa: PLC0415

    # A task may give parts as objects or as dictionaries: as JSON they are the same.
    written = PodGenerator.serialize_pod(pod)
    _put_under(written, told["pod"])
    for container in (*written["spec"]["containers"], *(written["spec"].get("initContainers") or ())):
        _put_under(container, told["container"])
        _bound_memory(container)
    filled = PodGenerator.deserialize_model_dict(written)
    pod.metadata, pod.spec = filled.metadata, filled.spec


def task_policy(task: Any) -> None:
    """Let a pod wait for a node as long as the platform says, where its task does not say how long."""
    mapped = hasattr(task, "partial_kwargs")
    kinds = {kind.__name__ for kind in (task.operator_class if mapped else type(task)).__mro__}
    if _OPERATOR not in kinds or _NOT_THIS in kinds:
        return
    said = task.partial_kwargs if mapped else vars(task).get("_BaseOperator__init_kwargs", {})
    told = json.loads(os.environ["TASK_PODS"])
    if said.get("kubernetes_conn_id", _CONNECTION) != _CONNECTION or _STARTUP in said:
        return
    if said.get("namespace") not in (None, told["namespace"]):
        return
    for name in (_STARTUP, _SCHEDULE):
        if mapped:
            said.setdefault(name, told["start_seconds"])
        elif name not in said:
            setattr(task, name, told["start_seconds"])


def _put_under(written: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Add what is not there. A list of ours is added to theirs: taints to tolerate, capabilities to drop."""
    for key, value in defaults.items():
        if isinstance(value, dict):
            written[key] = written.get(key) or {}
            _put_under(written[key], value)
        elif isinstance(value, list):
            there = written.get(key) or []
            written[key] = [*there, *(each for each in value if each not in there)]
        elif written.get(key) is None:
            written[key] = value


def _bound_memory(container: dict[str, Any]) -> None:
    """Who asks for memory has as much: the namespace's default limit may be below it, and the pod would be refused."""
    resources = container.get("resources") or {}
    asked = (resources.get("requests") or {}).get("memory")
    if asked:
        resources["limits"] = {"memory": asked, **(resources.get("limits") or {})}
