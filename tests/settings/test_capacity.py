"""What the settings add up to fits, in every size class; and what does not fit is refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from settings import Settings, SettingsError, capacity, load_settings
from settings.sizes import SIZES


def sized(size: str, **chosen: Any) -> Settings:
    return load_settings({"settings": {"size": size, **chosen}})


@pytest.mark.parametrize("size", SIZES)
def test_the_database_takes_all_connections_and_has_a_tenth_left(size: str) -> None:
    settings = sized(size)
    pooler = settings.airflow.pgbouncer
    found = capacity.database_connections(settings)
    while_replaced = 2 * pooler.replicas * (pooler.metadata_pool_size + pooler.result_backend_pool_size)
    assert found.pooler == while_replaced
    assert found.planned == while_replaced + 13
    assert found.planned <= found.limit * 0.9


@pytest.mark.parametrize("size", SIZES)
def test_the_pooler_takes_all_clients_while_one_replica_is_away(size: str) -> None:
    airflow = sized(size).airflow
    found = capacity.client_connections(airflow)
    assert found.planned <= airflow.pgbouncer.max_client_connections * max(1, airflow.pgbouncer.replicas - 1)


@pytest.mark.parametrize("size", SIZES)
def test_schedulers_together_queue_what_workers_run(size: str) -> None:
    airflow = sized(size).airflow
    workers, schedulers = airflow.workers, airflow.scheduler.replicas
    together = capacity.parallelism(airflow) * schedulers
    assert workers.max * workers.concurrency <= together < workers.max * workers.concurrency + schedulers


@pytest.mark.parametrize("size", SIZES)
def test_a_size_class_has_room_for_two_more_queues(size: str) -> None:
    assert len(sized(size, airflow={"queues": {"reports": {"max": 2}, "spark": {"max": 2}}}).airflow.worker_sets) == 3


def test_a_larger_class_has_no_less_of_anything() -> None:
    found = [
        (capacity.database_connections(sized(size)), capacity.client_connections(sized(size).airflow)) for size in SIZES
    ]
    for (database, clients), (next_database, next_clients) in itertools.pairwise(found):
        assert database.limit <= next_database.limit
        assert clients.limit <= next_clients.limit


# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Managing.html: its table
PUBLISHED = {
    "t4g.medium": 405,
    "t4g.large": 844,
    "r6g.large": 1722,
    "r6g.xlarge": 3479,
    "r6g.2xlarge": 5000,
    "r6g.16xlarge": 5000,
    "x2g.large": 3479,
    "x2g.xlarge": 5000,
}


@pytest.mark.parametrize("instance_type", PUBLISHED)
def test_no_class_is_thought_to_take_more_than_aws_says(instance_type: str) -> None:
    found = capacity.max_connections(instance_type)
    assert found is not None
    assert 0.9 * PUBLISHED[instance_type] < found <= PUBLISHED[instance_type]


@pytest.mark.parametrize("instance_type", ["t4g.small", "t4g.xlarge", "r7g.medium", "r8g.metal"])
def test_a_class_that_aurora_does_not_have_is_refused(instance_type: str) -> None:
    with pytest.raises(SettingsError, match=r"^database\.instance_type = .*: Aurora PostgreSQL has t4g\.medium"):
        load_settings({"database.instance_type": instance_type})


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"airflow.pgbouncer.metadata_pool_size": "400"},
        "there may be 1693 connections to the database, and database.instance_type = r7g.large is good for 1440",
    ),
    (
        {"database.instance_type": "t4g.medium"},
        "there may be 413 connections to the database, and database.instance_type = t4g.medium is good for 364",
    ),
    (
        {"airflow.workers.max": "120"},
        "Airflow may open 4538 connections, 4080 of them by what airflow.workers and airflow.queues allow, and 4000",
    ),
    ({"airflow.queues.reports.max": "100"}, "airflow.pgbouncer.max_client_connections = 4000: Airflow may open 4542"),
    (
        {"airflow.workers.memory": "2Gi"},
        "airflow.workers.memory = 2Gi: 16 tasks at a time (airflow.workers.concurrency) need 4096Mi at least",
    ),
    (
        {"airflow.queues.reports.memory": "2Gi"},
        "airflow.queues.reports.memory = 2Gi: 16 tasks at a time (airflow.queues.reports.concurrency) need 4096Mi",
    ),
    (
        {"airflow.queues.reports.min": "21"},
        "airflow.queues.reports.min = 21: must be at most airflow.queues.reports.max",
    ),
]


@pytest.mark.parametrize(("chosen", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(chosen)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "chosen",
    [
        {"airflow.pgbouncer.metadata_pool_size": "400", "database.instance_type": "r7g.xlarge"},
        {"airflow.workers.max": "120", "airflow.pgbouncer.max_client_connections": "5000"},
        {"airflow.workers.max": "120", "airflow.pgbouncer.replicas": "3"},
        {"airflow.workers.memory": "2Gi", "airflow.workers.concurrency": "8"},
    ],
)
def test_following_the_advice_helps(chosen: dict[str, Any]) -> None:
    assert load_settings(chosen)


def test_without_the_room_for_a_rollout_no_limit_would_hold() -> None:
    settings = sized("medium")
    found = capacity.client_connections(settings.airflow)
    assert found.planned == 2 * (found.servers + found.workers) + found.jobs + found.keda
