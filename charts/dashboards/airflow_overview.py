"""Airflow overview: whether it is well, and how much work there is."""

from __future__ import annotations

from charts.dashboards.board import RATE, Board, Query, bad_from, good_from, quantile

NAME = "airflow-overview"


def board() -> Board:
    """What one looks at first."""
    made = Board(name=NAME, title="Airflow overview", description="Is Airflow well, and how much does it do?")
    _health(made)
    _work(made)
    _scheduler(made)
    _processor(made)
    return made


def _health(made: Board) -> None:
    made.row("Is it well?")
    for title, metric, runbook in (
        ("Scheduler", "airflow_scheduler_heartbeat_total", "scheduler-heartbeat"),
        ("DAG processor", "airflow_dag_processor_heartbeat_total", "dag-processor-heartbeat"),
        ("Triggerer", "airflow_triggerer_heartbeat_total", "airflow-down"),
    ):
        made.number(
            f"{title}: beats in 5 minutes",
            Query(expr=f"sum(increase({metric}[5m]))"),
            description=f"Signs of life of all of them together. None: docs/runbooks/{runbook}.md",
            colours=good_from(1),
            decimals=0,
        )
    made.number(
        "Import errors",
        Query(expr="max(airflow_dag_processing_import_errors)"),
        description="Files that are no DAGs because of an error. docs/runbooks/import-errors.md",
        colours=bad_from(1),
    )
    made.number(
        "Tasks without a slot",
        Query(expr="max(airflow_scheduler_tasks_starving)"),
        description="Tasks that could run if their pool had a free slot. docs/runbooks/tasks-starving.md",
        colours=bad_from(50, warn=1),
    )
    failed, succeeded = (
        f"(sum(increase(airflow_ti_{how}_total[1h])) or vector(0))" for how in ("failures", "successes")
    )
    made.number(
        "Failed of all tasks, 1 hour",
        Query(expr=f"{failed} / ({failed} + {succeeded} > 0 or vector(1))"),
        description="Attempts that ended with an error, retries too. docs/runbooks/tasks-failing.md",
        unit="percentunit",
        colours=bad_from(0.2, warn=0.05),
        decimals=1,
    )


def _work(made: Board) -> None:
    made.row("Work")
    made.lines(
        "Tasks",
        [
            Query(expr="sum(max by (executor) (airflow_executor_running_tasks))", legend="running"),
            Query(expr="sum(max by (executor) (airflow_executor_queued_tasks))", legend="queued"),
            Query(expr="sum(airflow_ti_scheduled)", legend="scheduled"),
            Query(expr="sum(airflow_ti_deferred)", legend="deferred"),
        ],
        description="What the scheduler counts of each state. Queued for long: docs/runbooks/tasks-queued.md",
    )
    made.lines(
        "Tasks that ended, a minute",
        [Query(expr=f"60 * sum by (state) (rate(airflow_ti_finish_total[{RATE}]))", legend="{{state}}")],
        description="By how they ended.",
        stacked=True,
    )
    made.lines(
        "DAG runs",
        [
            Query(expr="max(airflow_scheduler_dagruns_running)", legend="running"),
            Query(
                expr=f"60 * sum(rate(airflow_dagrun_duration_success_seconds_count[{RATE}]))",
                legend="succeeded, a minute",
            ),
            Query(
                expr=f"60 * sum(rate(airflow_dagrun_duration_failed_seconds_count[{RATE}]))",
                legend="failed, a minute",
            ),
        ],
        description="Runs that are there now, and runs that ended.",
    )
    made.lines(
        "How long 19 of 20 waited",
        [
            Query(expr=quantile(0.95, "airflow_dagrun_schedule_delay_seconds"), legend="runs, for their start"),
            Query(expr=quantile(0.95, "airflow_task_scheduled_duration_seconds"), legend="tasks, for a slot"),
            Query(expr=quantile(0.95, "airflow_task_queued_duration_seconds"), legend="tasks, for a worker"),
        ],
        description="A run past its time, a task until it was queued, and until a worker took it.",
        unit="s",
    )


def _scheduler(made: Board) -> None:
    made.row("Scheduler and triggerer")
    made.lines(
        "A round of the scheduler",
        [
            Query(expr=quantile(0.5, "airflow_scheduler_loop_duration_seconds"), legend="half of them"),
            Query(expr=quantile(0.95, "airflow_scheduler_loop_duration_seconds"), legend="19 of 20"),
            Query(
                expr=quantile(0.95, "airflow_scheduler_critical_section_duration_seconds"),
                legend="19 of 20, critical section",
            ),
        ],
        description="How long it takes to look at all runs once. In the critical section one scheduler works alone.",
        unit="s",
    )
    made.lines(
        "Triggers",
        [
            Query(expr="sum(airflow_triggers_running)", legend="running"),
            Query(expr="sum(airflow_triggerer_capacity_left)", legend="room for more"),
            Query(
                expr=f"60 * sum(rate(airflow_triggers_blocked_main_thread_total[{RATE}]))",
                legend="blocked the loop, a minute",
            ),
        ],
        description="Deferred tasks wait here. A trigger that blocks the loop holds up all others of its triggerer.",
    )


def _processor(made: Board) -> None:
    made.row("DAG files")
    made.lines(
        "Reading all files",
        [
            Query(expr="max(airflow_dag_processing_total_parse_time_seconds)", legend="all files, once"),
            Query(expr="max(airflow_dag_processing_last_run_seconds_ago)", legend="file not read for the longest"),
        ],
        description="How long until a change of a DAG is seen.",
        unit="s",
    )
    made.lines(
        "Files",
        [
            Query(expr="max(airflow_dagbag_size)", legend="DAGs"),
            Query(expr="max(airflow_dag_processing_file_path_queue_size)", legend="files in the queue"),
            Query(expr="max(airflow_dag_processing_import_errors)", legend="import errors"),
            Query(
                expr="sum(increase(airflow_dag_processing_processor_timeouts_total[15m])) or vector(0)",
                legend="took too long, 15 minutes",
            ),
        ],
        description="What the DAG processor has found.",
    )
