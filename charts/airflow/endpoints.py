"""Where Airflow's namespace says how it does: Airflow itself, by StatsD; the pooler; git-sync."""

from __future__ import annotations

from charts.airflow.metrics import relabelings
from charts.network_policy import labelled, one_of
from charts.scrape import Endpoint
from settings.dags import Delivery

NAMESPACE = "airflow"
GIT_SYNC_PORT = 1234

_AIRFLOW = Endpoint(
    name="airflow",
    namespace=NAMESPACE,
    pods=labelled(component="statsd"),
    port_name="statsd-scrape",
    port=9102,
    metric_relabelings=tuple(relabelings()),
)
_POOLER = Endpoint(
    name="pgbouncer", namespace=NAMESPACE, pods=labelled(component="pgbouncer"), port_name="metrics", port=9127
)


def airflow_endpoints(delivery: Delivery) -> tuple[Endpoint, ...]:
    """What there is, where DAGs come in this way."""
    readers = {"efs": ("dag-processor",), "sidecar": ("dag-processor", "triggerer", "worker"), "bundle": ()}[delivery]
    if not readers:
        return (_AIRFLOW, _POOLER)
    git_sync = Endpoint(
        name="git-sync",
        namespace=NAMESPACE,
        pods=one_of("component", *readers),
        container="git-sync",
        port=GIT_SYNC_PORT,
    )
    return (_AIRFLOW, _POOLER, git_sync)
