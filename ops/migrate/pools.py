"""Pools: they go to the metadata database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from ops.migrate.items import Pool
from ops.migrate.plan import OTHER, Planned, State, Thing
from ops.migrate.source_v2 import pool_of
from ops.migrate.target import Target

_PATH = "/api/v2/pools"
_KIND = "pool"
_OWN = "default_pool"


def plan(pools: Iterable[Pool], target: Target) -> Iterator[Planned]:
    """What there is to do about each."""
    for pool in pools:
        if pool.name == _OWN:
            note = f"{pool.slots} slots there, without limit here: the workers are what limits tasks"
            yield Planned(kind=_KIND, name=pool.name, state=State.LEFT_OUT, note=note)
        else:
            yield _planned(pool, target)


def _planned(pool: Pool, target: Target) -> Planned:
    values = {"slots": pool.slots, "description": pool.description, "include_deferred": pool.include_deferred}
    thing = Thing(
        kind=_KIND,
        name=pool.name,
        make=lambda: target.airflow.call("POST", _PATH, {"name": pool.name, **values}),
        change=lambda: target.airflow.call(
            "PATCH", f"{_PATH}/{quote(pool.name, safe='')}", {"pool": pool.name, **values}
        ),
    )
    there = target.find(_PATH, pool.name)
    if there is None:
        return thing.planned(State.NEW, f"{pool.slots} slots")
    if pool_of(there) == pool:
        return thing.planned(State.SAME)
    return thing.planned(State.CHANGED) if target.overwrite else thing.planned(State.CONFLICT, OTHER)
