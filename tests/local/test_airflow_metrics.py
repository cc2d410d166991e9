"""Airflow's metrics, by Airflow's own sender and the real statsd_exporter, as Prometheus has them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from charts.airflow.metrics import Metric, airflow_metrics
from tests.local.conftest import inside
from tests.local.statsd_exporter import Exporter, exporter
from tests.support.airflow_metrics import EXAMPLES, airflow_list, example, listed, tags_of

pytestmark = pytest.mark.local

METRICS = airflow_metrics()

# Runs on the Python of `.venv-airflow`: sends each metric of its argument with the platform's settings of `[metrics]`.
SEND = """
import datetime, json, sys
from statsd import StatsClient
from airflow._shared.observability.metrics.statsd_logger import get_statsd_logger

port, metrics = int(sys.argv[1]), json.loads(sys.argv[2])
logger = get_statsd_logger(
    stats_class=StatsClient, host="127.0.0.1", port=port, prefix="airflow",
    influxdb_tags_enabled=True, statsd_influxdb_enabled=True, statsd_disabled_tags="job_id,run_id",
)
for name, kind, tags in metrics:
    if kind == "counter":
        logger.incr(name, tags=tags)
    elif kind == "gauge":
        logger.gauge(name, 7, tags=tags)
    else:
        logger.timing(name, datetime.timedelta(seconds=20), tags=tags)
"""


def tags(metric: Metric) -> dict[str, str]:
    """One value for each, as Airflow sends them."""
    if metric.is_pattern:
        return {}
    found = {tag: EXAMPLES.get(tag, f"a-{tag}") for tag in (*tags_of(metric), *metric.hide)}
    if "file_name" in found and "file_name" not in metric.hide:
        # Both become the same label. Airflow sends one of them, or one is hidden.
        del found["file_path"]
    return found | {"job_id": "17", "run_id": "scheduled__1", "dagrun_id": "scheduled__1"}


@pytest.fixture(scope="module")
def messages() -> list[tuple[str, Metric]]:
    """Each name on Airflow's list that is one of ours, and what it is to be."""
    names = [example(each)[0] for each in airflow_list()]
    return [(name, metric) for name in names for metric in listed(name)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, messages: list[tuple[str, Metric]]) -> Iterator[Exporter]:
    """An exporter that each has been sent to once."""
    with exporter(tmp_path_factory.mktemp("exporter")) as running:
        send(running, [(name, metric.type, tags(metric)) for name, metric in messages])
        until(lambda: bool(running.named("airflow_serde_load_serializers_seconds_count")))
        yield running


def send(running: Exporter, messages: Sequence[tuple[str, str, dict[str, str]]]) -> None:
    done = inside(SEND, str(running.statsd_port), json.dumps(messages))
    assert done.returncode == 0, done.stderr
    assert "nvalid" not in done.stderr, done.stderr


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_every_metric_has_its_name_its_labels_and_its_unit(
    running: Exporter, messages: list[tuple[str, Metric]]
) -> None:
    scraped = running.scrape()
    for name, metric in messages:
        suffix = "_sum" if metric.type == "timer" else ""
        found = {labels: value for (series, labels), value in scraped.items() if series == metric.name + suffix}
        assert found, f"{name} is not there as {metric.name}"
        for labels, value in found.items():
            assert {label for label, _ in labels} == set(metric.labels), metric.name
            expected = {"counter": 1, "gauge": 7, "timer": 20 * (metric.scale or 1)}[metric.type]
            assert value == expected, metric.name


def test_ids_with_dots_are_labels_as_they_are(running: Exporter) -> None:
    [labels] = running.named("airflow_ti_finish_total")
    assert dict(labels) == {"dag_id": "team.daily", "task_id": "load.copy_rows", "state": "a-state"}
    [labels] = running.named("airflow_dag_processing_last_num_of_db_queries")
    assert dict(labels) == {"file": "team.daily-v2"}
    [labels] = running.named("airflow_dag_processing_last_run_seconds_ago")
    assert dict(labels) == {"file": "a-file_path", "bundle": "a-bundle_name"}


def test_what_airflow_sends_twice_is_kept_once(running: Exporter) -> None:
    before = set(running.scrape())
    twice = [
        ("ti.start.team.daily.load.copy_rows", "counter"),
        ("ti.finish.team.daily.load.copy_rows.success", "counter"),
        ("operator_successes_BashOperator", "counter"),
        ("operator_failures_BashOperator", "counter"),
        ("dag.team.daily.load.copy_rows.duration", "timer"),
        ("dagrun.team.daily.first_task_scheduling_delay", "timer"),
        ("dag_processing.last_duration.dags-folder.daily", "timer"),
        ("dag_processing.processes", "counter"),
    ]
    send(running, [(name, kind, {}) for name, kind in twice] + [("serde.load_serializers", "timer", {})])
    until(lambda: sum(running.named("airflow_serde_load_serializers_seconds_count").values()) > 1)
    assert {name for name, _ in set(running.scrape()) - before if name.startswith(("airflow", "dropped"))} == set()


def test_what_a_dag_counts_by_itself_is_there_under_its_own_name(running: Exporter) -> None:
    send(running, [("orders.late", "counter", {"shop": "north"})])
    until(lambda: bool(running.named("airflow_orders_late")))
    assert list(running.named("airflow_orders_late")) == [frozenset({("shop", "north")})]
