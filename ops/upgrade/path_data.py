"""Steps of what holds data: the database's engine, and the queue's."""

from __future__ import annotations

from collections.abc import Iterator

from ops.upgrade.step import Differences, Step
from ops.upgrade.versions import AURORA, QUEUE, Change, change, step

_QUEUE = "AWS::ElastiCache::ReplicationGroup"


def database(differences: Differences) -> Iterator[Step]:
    """Aurora's version, in place."""
    before, after = (side.engines[AURORA] for side in (differences.upgrade.before, differences.upgrade.after))
    kind = change(before, after)
    if kind is Change.NONE:
        return
    yield Step(
        name="engine of the database",
        happens=f"{AURORA} {step(before, after)}: writer and readers restart on the new version",
        stops="the database, for a minute or two; PgBouncer and Airflow connect again, tasks run on and report later"
        if kind is not Change.MAJOR
        else "the database, as long as a major version takes; tasks that report give up after two minutes",
        longest="what RDS takes; it names no limit",
        back="none in place: restore a snapshot (docs/upgrade.md). A change of the engine takes none by itself",
        goes_back=False,
    )


def queue(differences: Differences) -> Iterator[Step]:
    """ElastiCache's version, or another engine."""
    before, after = (side.engines[QUEUE] for side in (differences.upgrade.before, differences.upgrade.after))
    properties = differences.one(_QUEUE, before=False) or {}
    if change(before, after) is Change.NONE:
        return
    alone = properties.get("ReplicasPerNodeGroup") == 0 or properties.get("NumCacheClusters") == 1
    yield Step(
        name="engine of the queue",
        happens=f"{QUEUE} {step(before, after)}: node after node is replaced, with a failover in between",
        stops="the queue, until the one node is back; what is queued may be lost, and Airflow queues it again"
        if alone
        else "the queue, for seconds; what is queued stays, running tasks notice nothing",
        longest="what ElastiCache takes; it names no limit",
        back="none: ElastiCache takes no older version, and makes no Valkey a Redis",
        goes_back=False,
    )
