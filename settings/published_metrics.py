"""The metrics that CloudWatch does not have by itself: what the add-on ``alarm_metrics`` publishes, and from where.

Alarms and dashboard ask for these by name; the publisher's configuration is made of the same list, so that neither has
one that the other lacks. Each is summed over the labels that are no dimension: CloudWatch adds up the data points that
come within a period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NAMESPACE = "AirflowEks"
"""In CloudWatch. Every deployment of the account publishes into it, each under its own name."""
DEPLOYMENT = "Deployment"
"""The one dimension: the deployment's name."""
SCRAPE_SECONDS = 60
SLOW_SCRAPE_SECONDS = 240
"""How often counters are read that have a series for each task: every reading of a series is a line of log.

The publisher forgets a counter's last value after five minutes, and then does not know what it grew by (CacheTTL in
plugins/inputs/prometheus/delta_calculator.go of https://github.com/aws/amazon-cloudwatch-agent).
"""
SLOW_PERIOD_SECONDS = 300
"""What of these is summed up: each such time has a reading in it."""


@dataclass(frozen=True, kw_only=True)
class PublishedMetric:
    """One metric, by its name in Prometheus, which it keeps in CloudWatch. Counters come as what they grew by."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Only series with these values, which are regular expressions."""
    slow: bool = False
    """Whether it is read every five minutes instead of each minute."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Pods that say how they do, on a port."""

    job: str
    namespace: str
    port: int
    metrics: tuple[PublishedMetric, ...]


# Names of Airflow: charts/airflow/metrics.yaml.
SCHEDULER_HEARTBEAT = PublishedMetric(name="airflow_scheduler_heartbeat_total")
DAG_PROCESSOR_HEARTBEAT = PublishedMetric(name="airflow_dag_processor_heartbeat_total")
TRIGGERER_HEARTBEAT = PublishedMetric(name="airflow_triggerer_heartbeat_total")
IMPORT_ERRORS = PublishedMetric(name="airflow_dag_processing_import_errors")
STARVING_TASKS = PublishedMetric(name="airflow_scheduler_tasks_starving")
QUEUED_SLOTS = PublishedMetric(name="airflow_pool_queued_slots")
RUNNING_SLOTS = PublishedMetric(name="airflow_pool_running_slots")
TASK_SUCCESSES = PublishedMetric(name="airflow_ti_successes_total", slow=True)
TASK_FAILURES = PublishedMetric(name="airflow_ti_failures_total", slow=True)
# internal/collector/metrics.go of https://github.com/jbub/pgbouncer_exporter, which the image is built from.
POOLER_WAITING = PublishedMetric(name="pgbouncer_exporter_pools_waiting_clients")
# https://karpenter.sh/docs/reference/metrics/#cloudprovider-metrics. Other methods fail in the course of things: a node
# that is gone is asked for once more.
LAUNCH_ERRORS = PublishedMetric(name="karpenter_cloudprovider_errors_total", labels={"method": "Create"})
# https://external-secrets.io/latest/api/metrics/
SECRETS_NOT_READY = PublishedMetric(
    name="externalsecret_status_condition", labels={"condition": "Ready", "status": "False"}
)

ENDPOINTS = (
    Endpoint(
        job="airflow",
        namespace="airflow",
        port=9102,
        metrics=(
            SCHEDULER_HEARTBEAT,
            DAG_PROCESSOR_HEARTBEAT,
            TRIGGERER_HEARTBEAT,
            IMPORT_ERRORS,
            STARVING_TASKS,
            QUEUED_SLOTS,
            RUNNING_SLOTS,
            TASK_SUCCESSES,
            TASK_FAILURES,
        ),
    ),
    Endpoint(job="pgbouncer", namespace="airflow", port=9127, metrics=(POOLER_WAITING,)),
    Endpoint(job="karpenter", namespace="karpenter", port=8080, metrics=(LAUNCH_ERRORS,)),
    Endpoint(job="external-secrets", namespace="external-secrets", port=8080, metrics=(SECRETS_NOT_READY,)),
)


def endpoint(job: str) -> Endpoint:
    """The endpoint of a job. Raises KeyError where there is none."""
    return {each.job: each for each in ENDPOINTS}[job]
