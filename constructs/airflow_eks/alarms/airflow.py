"""Alarms of Airflow itself, by what it says of itself to StatsD."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch

from airflow_eks.alarms.alarm_set import AlarmSet, Comparison, Missing, expression, metric
from settings import published_metrics as published

# A scheduler beats every five seconds by default ([scheduler] job_heartbeat_sec), the DAG processor too.
_BEAT_MINUTES = 5
# A DAG is parsed every half minute by default; a file that is being written is no error a minute later.
_IMPORT_MINUTES = 15
_STARVING_MINUTES = 30
_WAITING_MINUTES = 10
# Below so many failures, a part of the whole says nothing.
_LEAST_FAILURES = 5
_FAILURE_PERIODS = 3


def of_deployment(
    deployment: str, published_metric: published.PublishedMetric, *, statistic: str, seconds: int | None = None
) -> cloudwatch.Metric:
    """A metric that the add-on ``alarm_metrics`` publishes."""
    often = published.SLOW_PERIOD_SECONDS if published_metric.slow else published.SCRAPE_SECONDS
    return metric(
        published.NAMESPACE,
        published_metric.name,
        {published.DEPLOYMENT: deployment},
        statistic=statistic,
        seconds=seconds or often,
    )


def add_airflow_alarms(alarms: AlarmSet, *, deployment: str, failed_tasks_percent: int, queued_minutes: int) -> None:
    """Scheduler, DAG processor, import errors, tasks that wait or fail, and the connection pooler."""
    for name, of, server in (
        ("scheduler-heartbeat", published.SCHEDULER_HEARTBEAT, "scheduler"),
        ("dag-processor-heartbeat", published.DAG_PROCESSOR_HEARTBEAT, "DAG processor"),
    ):
        alarms.add(
            name,
            what=f"No {server} of Airflow has said for {_BEAT_MINUTES} minutes that it is alive.",
            metric=of_deployment(deployment, of, statistic="Sum"),
            comparison=Comparison.LESS_THAN_THRESHOLD,
            threshold=1,
            periods=_BEAT_MINUTES,
            # Who does not live says nothing.
            missing=Missing.BREACHING,
        )
    alarms.add(
        "import-errors",
        what=f"For {_IMPORT_MINUTES} minutes there have been DAG files that cannot be read.",
        metric=of_deployment(deployment, published.IMPORT_ERRORS, statistic="Maximum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=_IMPORT_MINUTES,
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "tasks-starving",
        what=f"For {_STARVING_MINUTES} minutes tasks have found no free slot in their pool.",
        metric=of_deployment(deployment, published.STARVING_TASKS, statistic="Minimum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=_STARVING_MINUTES,
        missing=Missing.NOT_BREACHING,
    )
    _add_task_alarms(alarms, deployment, failed_tasks_percent=failed_tasks_percent, queued_minutes=queued_minutes)
    alarms.add(
        "pooler-waiting",
        what=f"For {_WAITING_MINUTES} minutes Airflow has waited for connections to its database.",
        metric=of_deployment(deployment, published.POOLER_WAITING, statistic="Sum"),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=_WAITING_MINUTES,
        missing=Missing.NOT_BREACHING,
    )


def _add_task_alarms(alarms: AlarmSet, deployment: str, *, failed_tasks_percent: int, queued_minutes: int) -> None:
    seconds = published.SLOW_PERIOD_SECONDS
    failures = of_deployment(deployment, published.TASK_FAILURES, statistic="Sum")
    successes = of_deployment(deployment, published.TASK_SUCCESSES, statistic="Sum")
    queued = of_deployment(deployment, published.QUEUED_SLOTS, statistic="Sum", seconds=seconds)
    alarms.add(
        "tasks-queued",
        what=f"For {queued_minutes} minutes tasks have been queued, and none has ended.",
        metric=expression(
            # A counter that has not counted yet is not there, and neither is what FILL would make of it.
            "IF(queued > 0 AND SUM([queued * 0, failures, successes]) == 0, 1, 0)",
            label="queued, and none ends",
            seconds=seconds,
            queued=queued,
            failures=failures,
            successes=successes,
        ),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=0,
        periods=-(-queued_minutes * 60 // seconds),
        missing=Missing.NOT_BREACHING,
    )
    alarms.add(
        "tasks-failing",
        what=f"More than {failed_tasks_percent} percent of the tasks have failed in each of {_FAILURE_PERIODS} times "
        "five minutes.",
        metric=expression(
            f"IF(failures >= {_LEAST_FAILURES}, 100 * failures / SUM([failures, successes]), 0)",
            label="failed tasks, percent",
            seconds=seconds,
            failures=failures,
            successes=successes,
        ),
        comparison=Comparison.GREATER_THAN_THRESHOLD,
        threshold=failed_tasks_percent,
        periods=_FAILURE_PERIODS,
        missing=Missing.NOT_BREACHING,
    )
