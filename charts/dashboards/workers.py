"""Workers and queue: whether there are enough workers, and what they are held up by."""

from __future__ import annotations

from charts.dashboards.board import RATE, Board, Query, bad_from, quantile

NAME = "workers-and-queue"

_WORKERS = 'namespace="airflow", deployment=~"airflow-worker-.+"'
_PODS = 'namespace="airflow", pod=~"airflow-worker-.+", container="worker"'


def board() -> Board:
    """From the queue to the workers, and KEDA between."""
    made = Board(name=NAME, title="Workers and queue", description="Are there enough workers, and do they keep up?")
    _numbers(made)
    _queue(made)
    _scaling(made)
    _pods(made)
    return made


def _numbers(made: Board) -> None:
    made.row("Do they keep up?")
    made.number(
        "Queued tasks",
        Query(expr="sum(max by (executor) (airflow_executor_queued_tasks))"),
        description="Tasks that wait for a worker. docs/runbooks/tasks-queued.md",
    )
    made.number(
        "Running tasks",
        Query(expr="sum(max by (executor) (airflow_executor_running_tasks))"),
        description="Tasks that a worker has.",
    )
    made.number(
        "Workers",
        Query(expr=f"sum(kube_deployment_status_replicas_ready{{{_WORKERS}}})"),
        description="Pods that are ready, of all queues.",
    )
    made.number(
        "Most full set of workers",
        Query(
            expr=f"max(kube_deployment_status_replicas{{{_WORKERS}}} / on (namespace, deployment)"
            ' label_replace(kube_horizontalpodautoscaler_spec_max_replicas{namespace="airflow",'
            ' horizontalpodautoscaler=~"keda-hpa-airflow-worker-.+"},'
            ' "deployment", "$1", "horizontalpodautoscaler", "keda-hpa-(.+)"))'
        ),
        description="Workers of all that the settings allow: airflow.workers.max.",
        unit="percentunit",
        colours=bad_from(1, warn=0.8),
    )
    made.number(
        "KEDA's errors, 15 minutes",
        Query(expr="sum(increase(keda_scaled_object_errors_total[15m])) or vector(0)"),
        description="Questions to the database that failed: nobody scales the workers meanwhile.",
        colours=bad_from(5, warn=1),
        decimals=0,
    )
    made.number(
        "Tasks lost, 1 hour",
        Query(expr="sum(increase(airflow_ti_without_heartbeat_killed_total[1h])) or vector(0)"),
        description="Tasks whose worker went away under them: memory, a spot node, a crash. "
        "docs/runbooks/pods-crashing.md",
        colours=bad_from(1),
        decimals=0,
    )


def _queue(made: Board) -> None:
    made.row("Queue and pools")
    made.lines(
        "Queued and running tasks, by queue",
        [
            Query(expr="sum by (queue) (airflow_ti_queued)", legend="queued, {{queue}}"),
            Query(expr="sum by (queue) (airflow_ti_running)", legend="running, {{queue}}"),
        ],
        description="What the scheduler counts.",
    )
    made.lines(
        "How long 19 of 20 tasks waited for a worker",
        [Query(expr=quantile(0.95, "airflow_task_queued_duration_seconds", by="queue"), legend="{{queue}}")],
        description="By queue. Longer than a new node takes: docs/runbooks/tasks-queued.md",
        unit="s",
    )
    made.lines(
        "Slots of pools",
        [
            Query(expr="max by (pool) (airflow_pool_running_slots)", legend="running, {{pool}}"),
            Query(expr="max by (pool) (airflow_pool_queued_slots)", legend="queued, {{pool}}"),
            Query(expr="max by (pool) (airflow_pool_deferred_slots)", legend="deferred, {{pool}}"),
            Query(expr="max by (pool) (airflow_pool_open_slots)", legend="free, {{pool}}"),
        ],
        description="A pool without a free slot holds its tasks back, whatever workers there are.",
    )
    made.lines(
        "Tasks that could run but for a slot",
        [Query(expr="max by (pool) (airflow_pool_starving_tasks)", legend="{{pool}}")],
        description="By pool. docs/runbooks/tasks-starving.md",
    )


def _scaling(made: Board) -> None:
    made.row("Scaling")
    made.lines(
        "Workers",
        [
            Query(
                expr=f"sum by (deployment) (kube_deployment_spec_replicas{{{_WORKERS}}})",
                legend="wanted, {{deployment}}",
            ),
            Query(
                expr=f"sum by (deployment) (kube_deployment_status_replicas_ready{{{_WORKERS}}})",
                legend="ready, {{deployment}}",
            ),
        ],
        description="Pods of each queue's set. Wanted and not ready for long: docs/runbooks/node-launches-failing.md",
    )
    made.lines(
        "Workers that KEDA asks for",
        [
            Query(
                expr='max by (scaledObject) (keda_scaler_metrics_value{exported_namespace="airflow"})',
                legend="{{scaledObject}}",
            )
        ],
        description="What the database's queue comes to, in workers.",
    )


def _pods(made: Board) -> None:
    made.row("Pods of the workers")
    made.lines(
        "CPU",
        [
            Query(
                expr=f"sum by (pod) (rate(container_cpu_usage_seconds_total{{{_PODS}}}[{RATE}]))",
                legend="{{pod}}",
            )
        ],
        description="Cores that each uses.",
    )
    made.lines(
        "Memory of the limit",
        [
            Query(
                expr=f"sum by (pod) (container_memory_working_set_bytes{{{_PODS}}}) / on (pod) group_left ()"
                f' sum by (pod) (kube_pod_container_resource_limits{{{_PODS}, resource="memory"}})',
                legend="{{pod}}",
            )
        ],
        description="At 100% the kernel ends a process: a task, or the worker with all of its tasks.",
        unit="percentunit",
        limit=1,
    )
    made.lines(
        "Restarts and ends by memory",
        [
            Query(
                expr=f"sum by (pod) (increase(kube_pod_container_status_restarts_total{{{_PODS}}}[15m])) > 0",
                legend="restarted, {{pod}}",
            ),
            Query(
                expr=f"sum by (pod) (increase(container_oom_events_total{{{_PODS}}}[15m])) > 0",
                legend="out of memory, {{pod}}",
            ),
        ],
        description="In 15 minutes. docs/runbooks/pods-crashing.md",
    )
    made.lines(
        "Celery's failures",
        [
            Query(
                expr="sum(increase(airflow_celery_execute_command_failure_total[15m])) or vector(0)",
                legend="commands that failed",
            ),
            Query(
                expr="sum(increase(airflow_celery_task_timeout_error_total[15m])) or vector(0)",
                legend="no answer from the queue",
            ),
        ],
        description="In 15 minutes.",
    )
