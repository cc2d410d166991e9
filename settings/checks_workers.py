"""Checks of workers and connections: what the settings add up to has to fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings import capacity
from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.model import Settings
    from settings.workers import WorkerSet


def check_workers(settings: Settings) -> Iterator[Contradiction]:
    """What does not fit together, of workers, pooler and database."""
    for each in settings.airflow.worker_sets:
        yield from _worker_set(each)
    if capacity.max_connections(settings.database.instance_type) is None:
        allowed = "Aurora PostgreSQL has t4g.medium and t4g.large, and of the other families large and up"
        yield Contradiction("database.instance_type", settings.database.instance_type, allowed)
    else:
        yield from _database(settings)
    yield from _clients(settings)


def _worker_set(workers: WorkerSet) -> Iterator[Contradiction]:
    if workers.min > workers.max:
        allowed = f"must be at most {workers.key}.max, which is {workers.max}"
        yield Contradiction(f"{workers.key}.min", workers.min, allowed)
    if capacity.memory_per_task(workers) < capacity.LEAST_MEMORY_PER_TASK:
        least = math.ceil(workers.concurrency * capacity.LEAST_MEMORY_PER_TASK * 1024)
        allowed = f"{workers.concurrency} tasks at a time ({workers.key}.concurrency) need {least}Mi at least"
        yield Contradiction(f"{workers.key}.memory", workers.memory, allowed)


def _database(settings: Settings) -> Iterator[Contradiction]:
    pooler, found = settings.airflow.pgbouncer, capacity.database_connections(settings)
    if found.planned > found.usable:
        yield Contradiction(
            "airflow.pgbouncer.metadata_pool_size",
            pooler.metadata_pool_size,
            f"with airflow.pgbouncer.replicas = {pooler.replicas} and airflow.pgbouncer.result_backend_pool_size = "
            f"{pooler.result_backend_pool_size} there may be {found.planned} connections to the database, and "
            f"database.instance_type = {settings.database.instance_type} is good for {found.usable}; lower one of the "
            "three, or take a larger instance (docs/sizing.md)",
        )


def _clients(settings: Settings) -> Iterator[Contradiction]:
    pooler, found = settings.airflow.pgbouncer, capacity.client_connections(settings.airflow)
    if found.planned > found.limit:
        yield Contradiction(
            "airflow.pgbouncer.max_client_connections",
            pooler.max_client_connections,
            f"Airflow may open {found.planned} connections, {capacity.ROLLOUT * found.workers} of them by what "
            f"airflow.workers and airflow.queues allow, and {found.limit} are accepted while one of "
            f"airflow.pgbouncer.replicas = {pooler.replicas} is away; raise it, or lower max or concurrency of the "
            "workers (docs/sizing.md)",
        )
