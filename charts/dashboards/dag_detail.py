"""DAG detail: how one DAG does."""

from __future__ import annotations

from charts.dashboards.board import RATE, Board, Query, bad_from, good_from, quantile

NAME = "dag-detail"

_DAG = 'dag_id="$dag_id"'


def board() -> Board:
    """One DAG, which is chosen above it."""
    made = Board(name=NAME, title="DAG detail", description="How does one DAG do, and which of its tasks?", hours=24)
    made.variable("dag_id", label="DAG", metric="airflow_ti_start_total")
    _numbers(made)
    _runs(made)
    _tasks(made)
    return made


def _numbers(made: Board) -> None:
    made.row("$dag_id")
    succeeded = f"sum(increase(airflow_dagrun_duration_success_seconds_count{{{_DAG}}}[$__range]))"
    failed = f"sum(increase(airflow_dagrun_duration_failed_seconds_count{{{_DAG}}}[$__range]))"
    made.number(
        "Runs that succeeded",
        Query(expr=f"({succeeded} or vector(0)) / (({succeeded} or vector(0)) + ({failed} or vector(0)) > 0)"),
        description="Of all that ended in the time that is shown.",
        unit="percentunit",
        colours=good_from(0.95),
        decimals=1,
    )
    made.number(
        "Runs that failed",
        Query(expr=f"{failed} or vector(0)"),
        description="In the time that is shown.",
        colours=bad_from(1),
        decimals=0,
    )
    made.number(
        "Tasks that failed",
        Query(expr=f"sum(increase(airflow_ti_failures_total{{{_DAG}}}[$__range])) or vector(0)"),
        description="Attempts in the time that is shown, retries too. docs/runbooks/tasks-failing.md",
        colours=bad_from(10, warn=1),
        decimals=0,
    )
    made.number(
        "Tasks that run",
        Query(expr=f"sum(airflow_ti_running{{{_DAG}}}) or vector(0)"),
        description="Now.",
    )
    made.number(
        "Tasks in the queue",
        Query(expr=f"sum(airflow_ti_queued{{{_DAG}}}) or vector(0)"),
        description="Now. docs/runbooks/tasks-queued.md",
    )
    made.number(
        "Deadlines missed",
        Query(expr=f"sum(increase(airflow_deadline_missed_total{{{_DAG}}}[$__range])) or vector(0)"),
        description="In the time that is shown.",
        colours=bad_from(1),
        decimals=0,
    )


def _runs(made: Board) -> None:
    made.row("Runs")
    made.lines(
        "Duration of runs",
        [
            Query(expr=quantile(0.5, "airflow_dagrun_duration_success_seconds", where=_DAG), legend="half, succeeded"),
            Query(
                expr=quantile(0.95, "airflow_dagrun_duration_success_seconds", where=_DAG), legend="19 of 20, succeeded"
            ),
            Query(expr=quantile(0.95, "airflow_dagrun_duration_failed_seconds", where=_DAG), legend="19 of 20, failed"),
        ],
        description="From start to end, as precise as the histogram's bounds.",
        unit="s",
    )
    made.lines(
        "Delay of runs",
        [
            Query(
                expr=quantile(0.95, "airflow_dagrun_schedule_delay_seconds", where=_DAG),
                legend="19 of 20, start of the run",
            ),
            Query(
                expr=quantile(0.95, "airflow_dagrun_first_task_scheduling_delay_seconds", where=_DAG),
                legend="19 of 20, first task",
            ),
        ],
        description="How much later than planned a run began, and its first task.",
        unit="s",
    )


def _tasks(made: Board) -> None:
    made.row("Tasks")
    made.lines(
        "Slowest tasks",
        [
            Query(
                expr=f"topk(10, {quantile(0.95, 'airflow_task_duration_seconds', by='task_id', where=_DAG)})",
                legend="{{task_id}}",
            )
        ],
        description="How long 19 of 20 took, of the ten that took longest.",
        unit="s",
    )
    made.lines(
        "Tasks that fail most",
        [
            Query(
                expr=f"topk(10, sum by (task_id) (increase(airflow_ti_failures_total{{{_DAG}}}[1h])) > 0)",
                legend="{{task_id}}",
            )
        ],
        description="Attempts an hour, of the ten with most.",
    )
    made.lines(
        "Tasks that ended, a minute",
        [Query(expr=f"60 * sum by (state) (rate(airflow_ti_finish_total{{{_DAG}}}[{RATE}]))", legend="{{state}}")],
        description="By how they ended.",
        stacked=True,
    )
    made.lines(
        "How long 19 of 20 tasks waited",
        [
            Query(
                expr=quantile(0.95, "airflow_task_scheduled_duration_seconds", by="queue", where=_DAG),
                legend="for a slot, {{queue}}",
            ),
            Query(
                expr=quantile(0.95, "airflow_task_queued_duration_seconds", by="queue", where=_DAG),
                legend="for a worker, {{queue}}",
            ),
        ],
        description="Until they were queued, and until a worker took them, by queue.",
        unit="s",
    )
