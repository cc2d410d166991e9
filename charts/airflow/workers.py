"""Airflow's Celery workers, as values of its chart: a set of them for each queue, which KEDA scales by itself.

The chart's own set for the default queue is off. The labels that it selects its pods by are on the pods of every other
set as well, and Kubernetes stops an autoscaler whose pods another one claims (AmbiguousSelector, since 1.26): with one
more queue, no workers would be scaled past the first. A set with a name has a label of its own.
"""

from __future__ import annotations

from typing import Any

from charts.airflow import priority
from charts.airflow.probes import patient_probe
from charts.airflow.queue import queue_environment
from charts.placement import node_selector, resources, toleration, worker_pool
from settings.airflow import AirflowSettings
from settings.workers import WorkerSet

DEFAULT_SET = "main"
"""The set of the default queue's workers. Not ``default``, by which the chart means its own."""

_POLLING_SECONDS = 10
# How long fewer tasks have to last until a worker goes: from several by the autoscaler, the last one by KEDA.
_COOLDOWN_SECONDS = 300

# The chart's query, for a queue whose workers run another number of tasks at a time than the default queue's.
_QUERY = (
    "SELECT ceil(COUNT(*)::decimal / {concurrency}) FROM task_instance "
    "WHERE (state='running' OR state='queued') AND queue IN ('{queue}')"
)

Values = dict[str, Any]


def worker_values(airflow: AirflowSettings, *, service_account: str, dags: Values) -> Values:
    """Values of the workers of all queues. They share one service account, and with it one role.

    ``dags`` is how they get at the DAGs.
    """
    return {
        "celery": {
            "enableDefault": False,
            **priority.WORKERS,
            "persistence": {"enabled": False},
            "logGroomerSidecar": {"enabled": False},
            **patient_probe(),
            # Whoever stops a worker, KEDA, a rollout or a node that goes, the chart has SIGTERM reach Celery's main
            # process alone, which takes no more tasks, ends those that it has, and exits.
            "terminationGracePeriodSeconds": airflow.workers.longest_task_hours * 60 * 60,
            # A rollout is done when half of the new workers are there; the old ones go when their tasks have ended.
            "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "50%"}},
            # For the Cluster Autoscaler, where somebody uses it. Not Karpenter's do-not-disrupt: that would also keep
            # Karpenter from telling a worker that its spot node goes in two minutes.
            "safeToEvict": False,
            "serviceAccount": {"create": False, "name": service_account},
            "keda": {
                "enabled": True,
                "pollingInterval": _POLLING_SECONDS,
                "cooldownPeriod": _COOLDOWN_SECONDS,
                # Past the pooler, the chart would give the database's own password to every container of Airflow's.
                "usePgbouncer": True,
                "advanced": {
                    "horizontalPodAutoscalerConfig": {
                        "behavior": {"scaleDown": {"stabilizationWindowSeconds": _COOLDOWN_SECONDS}}
                    }
                },
            },
            **dags,
            "sets": [_worker_set(each) for each in airflow.worker_sets],
        }
    }


def _worker_set(workers: WorkerSet) -> Values:
    pool = worker_pool(workers.queue)
    values: Values = {
        "name": DEFAULT_SET if workers.is_default else workers.queue,
        "queue": workers.queue,
        "resources": resources(cpu=workers.cpu, memory=workers.memory),
        "nodeSelector": node_selector(pool),
        "tolerations": [toleration(pool)],
        "keda": {"minReplicaCount": workers.min, "maxReplicaCount": workers.max},
        "env": queue_environment(),
    }
    if workers.is_default:
        return {**values, "serviceAccount": {"create": True}}
    values["env"].append({"name": "AIRFLOW__CELERY__WORKER_CONCURRENCY", "value": str(workers.concurrency)})
    values["keda"]["query"] = _QUERY.format(concurrency=workers.concurrency, queue=workers.queue)
    return values
