"""What a running Airflow connects to the pooler with is no more than settings/capacity.py calculates."""

from __future__ import annotations

from collections import Counter

import pytest

from settings import capacity, load_settings
from tests.local.conftest import Running, sql

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

# The platform here has one of each server, and one worker.
ONE_OF_EACH = {
    "airflow.api_server.replicas": "1",
    "airflow.scheduler.replicas": "1",
    "airflow.triggerer.replicas": "1",
    "airflow.workers.max": "1",
}


def test_connections_to_the_pooler_stay_within_the_calculated_ones(full: Running) -> None:
    run_id = full.api.trigger("hello_world_scheduled_dag", note="connections")
    assert run_id
    clients = Counter(line.split("|")[2] for line in sql(full.console, "SHOW CLIENTS"))
    bound = capacity.client_connections(load_settings(ONE_OF_EACH).airflow)
    # The console is one more.
    assert 0 < clients["airflow-metadata"] <= bound.servers
    assert clients["airflow-result-backend"] <= bound.workers + 1
    assert set(clients) <= {"airflow-metadata", "airflow-result-backend", "pgbouncer"}
