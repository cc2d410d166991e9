"""Who may talk to whom in Airflow's namespace."""

from __future__ import annotations

from collections.abc import Sequence

from charts.airflow.endpoints import NAMESPACE, airflow_endpoints
from charts.alarm_flow import alarm_metrics_in
from charts.keda import OPERATOR
from charts.network_policy import (
    CREDENTIALS,
    DNS,
    EVERYWHERE,
    Flow,
    addresses,
    labelled,
    none_of,
    one_of,
    pods,
)
from settings.dags import Delivery
from settings.urls import HTTPS_PORT

_COMPONENT = "component"
_POOLER, _STATSD, _API = "pgbouncer", "statsd", "api-server"
_DATABASE_PORT, _QUEUE_PORT, _POOLER_PORT = 5432, 6379, 6543
_API_PORT, _WORKER_LOG_PORT, _TRIGGERER_LOG_PORT, _STATSD_PORT = 8080, 8793, 8794, 9125

# All that runs Airflow itself: its servers, workers and jobs.
_AIRFLOW = none_of(_COMPONENT, _POOLER, _STATSD)
# They run what people write. What that talks to is theirs to say.
_TASKS = one_of(_COMPONENT, "worker", "triggerer")
_LOGS = [("worker", _WORKER_LOG_PORT), ("triggerer", _TRIGGERER_LOG_PORT)]


def airflow_flows(*, vpc_cidrs: Sequence[str], repository_port: int, delivery: Delivery) -> list[Flow]:
    """The flows. ``repository_port``: where DAGs come from, which need not be HTTPS."""
    vpc = addresses(vpc_cidrs)
    api, pooler, statsd = (labelled(**{_COMPONENT: name}) for name in (_API, _POOLER, _STATSD))
    queue = one_of(_COMPONENT, "scheduler", "worker")
    flows = [
        DNS,
        CREDENTIALS,
        Flow(name="aws-and-kubernetes", pods=_AIRFLOW, to=[EVERYWHERE], ports=[("TCP", HTTPS_PORT)]),
        Flow(name="airflow-to-pooler", pods=_AIRFLOW, to=[pods(pooler)], ports=[("TCP", _POOLER_PORT)]),
        Flow(
            name="pooler-from-airflow",
            pods=pooler,
            # KEDA counts the tasks that wait and run.
            source=[pods(_AIRFLOW), OPERATOR],
            ports=[("TCP", _POOLER_PORT)],
        ),
        Flow(name="pooler-to-database", pods=pooler, to=vpc, ports=[("TCP", _DATABASE_PORT)]),
        Flow(name="airflow-to-queue", pods=queue, to=vpc, ports=[("TCP", _QUEUE_PORT)]),
        Flow(name="airflow-to-api", pods=_AIRFLOW, to=[pods(api)], ports=[("TCP", _API_PORT)]),
        # The load balancer has addresses of the VPC's, which change.
        Flow(
            name="api-from-airflow-and-load-balancer",
            pods=api,
            source=[pods(_AIRFLOW), *vpc],
            ports=[("TCP", _API_PORT)],
        ),
        Flow(name="airflow-to-statsd", pods=_AIRFLOW, to=[pods(statsd)], ports=[("UDP", _STATSD_PORT)]),
        Flow(name="statsd-from-airflow", pods=statsd, source=[pods(_AIRFLOW)], ports=[("UDP", _STATSD_PORT)]),
        *(each.scrape_in for each in airflow_endpoints(delivery)),
        Flow(name="tasks-to-everywhere", pods=_TASKS, to=[EVERYWHERE]),
    ]
    for component, port in _LOGS:
        writer = labelled(**{_COMPONENT: component})
        flows += [
            Flow(name=f"api-to-{component}-logs", pods=api, to=[pods(writer)], ports=[("TCP", port)]),
            Flow(name=f"{component}-logs-from-api", pods=writer, source=[pods(api)], ports=[("TCP", port)]),
        ]
    if repository_port != HTTPS_PORT:
        readers = one_of(_COMPONENT, "dag-processor", "triggerer", "worker")
        flows.append(Flow(name="dags-from-git", pods=readers, to=[EVERYWHERE], ports=[("TCP", repository_port)]))
    return [*flows, alarm_metrics_in(NAMESPACE)]
