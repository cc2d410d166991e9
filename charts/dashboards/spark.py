"""Spark: the applications that the operator has seen, and what their pods use."""

from __future__ import annotations

from charts.dashboards.board import RATE, Board, Query, bad_from, good_from, quantile
from settings.spark import NAMESPACE_PREFIX, RESERVED_TEAMS

NAME = "spark"

_OTHERS = "|".join(sorted(RESERVED_TEAMS))
_TEAMS = f'namespace=~"{NAMESPACE_PREFIX}.+", namespace!~"{NAMESPACE_PREFIX}({_OTHERS})"'


def board() -> Board:
    """All teams' applications."""
    made = Board(name=NAME, title="Spark", description="Do applications start and succeed, and what do they use?")
    _numbers(made)
    _applications(made)
    _pods(made)
    return made


def _numbers(made: Board) -> None:
    made.row("Do applications run?")
    made.number("Running", Query(expr="sum(spark_application_running_count) or vector(0)"), description="Applications.")
    made.number(
        "Executors", Query(expr="sum(spark_executor_running_count) or vector(0)"), description="Pods of them that run."
    )
    succeeded = "(sum(increase(spark_application_success_count[$__range])) or vector(0))"
    failed = "(sum(increase(spark_application_failure_count[$__range])) or vector(0))"
    made.number(
        "Succeeded",
        Query(expr=f"{succeeded} / ({succeeded} + {failed} > 0)"),
        description="Of the applications that ended in the time that is shown.",
        unit="percentunit",
        colours=good_from(0.95),
    )
    made.number(
        "Failed",
        Query(expr=failed),
        description="Applications in the time that is shown.",
        colours=bad_from(1),
        decimals=0,
    )
    made.number(
        "Not submitted",
        Query(expr="sum(increase(spark_application_failed_submission_count[$__range])) or vector(0)"),
        description="The operator could not start the driver.",
        colours=bad_from(1),
        decimals=0,
    )
    made.number(
        "Pods without a node",
        Query(expr=f"sum(kube_pod_status_unschedulable{{{_TEAMS}}}) or vector(0)"),
        description="Drivers and executors. docs/runbooks/node-launches-failing.md",
        colours=bad_from(50, warn=1),
    )


def _applications(made: Board) -> None:
    made.row("Applications")
    made.lines(
        "Applications, an hour",
        [
            Query(expr="sum(increase(spark_application_submit_count[1h]))", legend="submitted"),
            Query(expr="sum(increase(spark_application_success_count[1h]))", legend="succeeded"),
            Query(expr="sum(increase(spark_application_failure_count[1h]))", legend="failed"),
        ],
        description="What the operator counts.",
    )
    made.lines(
        "From creation to start",
        [
            Query(expr=quantile(0.5, "spark_application_start_latency_seconds_histogram"), legend="half of them"),
            Query(expr=quantile(0.95, "spark_application_start_latency_seconds_histogram"), legend="19 of 20"),
            Query(
                expr=quantile(0.95, "spark_application_submit_latency_seconds_histogram"), legend="19 of 20, submitted"
            ),
        ],
        description="Until the driver runs: the start of a node is most of it.",
        unit="s",
    )
    made.lines(
        "Executors",
        [
            Query(expr="sum(spark_executor_running_count)", legend="running"),
            Query(expr=f"60 * sum(rate(spark_executor_failure_count[{RATE}]))", legend="failed, a minute"),
        ],
        description="One that fails is replaced: often memory, or a spot node that went.",
    )
    made.lines(
        "Mean duration of applications",
        [
            Query(
                expr=f"sum(rate(spark_application_{how}_execution_time_seconds_sum[1h]))"
                f" / sum(rate(spark_application_{how}_execution_time_seconds_count[1h]))",
                legend=legend,
            )
            for how, legend in (("success", "succeeded"), ("failure", "failed"))
        ],
        description="Of those that ended within an hour.",
        unit="s",
    )


def _pods(made: Board) -> None:
    made.row("Pods")
    made.lines(
        "Pods",
        [
            Query(
                expr=f"sum by (namespace, phase) (kube_pod_status_phase{{{_TEAMS}}}) > 0",
                legend="{{namespace}}, {{phase}}",
            )
        ],
        description="By team, and how they are.",
        stacked=True,
    )
    made.lines(
        "Cores",
        [
            Query(
                expr=f"sum by (namespace) (rate(container_cpu_usage_seconds_total{{{_TEAMS}}}[{RATE}]))",
                legend="used, {{namespace}}",
            ),
            Query(
                expr=f'sum by (namespace) (kube_pod_container_resource_requests{{{_TEAMS}, resource="cpu"}}'
                f' * on (namespace, pod) group_left () (kube_pod_status_phase{{{_TEAMS}, phase="Running"}} == 1))',
                legend="asked for, {{namespace}}",
            ),
        ],
        description="By team. What is asked for and not used is paid for.",
    )
    made.lines(
        "Memory",
        [
            Query(
                expr=f"sum by (namespace) (container_memory_working_set_bytes{{{_TEAMS}}})",
                legend="used, {{namespace}}",
            ),
            Query(
                expr=f'sum by (namespace) (kube_pod_container_resource_requests{{{_TEAMS}, resource="memory"}}'
                f' * on (namespace, pod) group_left () (kube_pod_status_phase{{{_TEAMS}, phase="Running"}} == 1))',
                legend="asked for, {{namespace}}",
            ),
        ],
        description="By team.",
        unit="bytes",
    )
    made.lines(
        "Pods ended by memory",
        [
            Query(
                expr=f"sum by (namespace, pod) (increase(container_oom_events_total{{{_TEAMS}}}[15m])) > 0",
                legend="{{namespace}}, {{pod}}",
            )
        ],
        description="In 15 minutes. The pod's memory is too little: spark.executor.memoryOverhead.",
    )
