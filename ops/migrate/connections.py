"""Connections: each becomes a secret, which Airflow looks at first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ops.migrate.defaults import is_default
from ops.migrate.items import Connection
from ops.migrate.masks import agrees, decoded, is_masked
from ops.migrate.plan import HIDES, KEPT, OTHER, Planned, State, Thing, unless_deleted
from ops.migrate.secret_store import unreadable
from ops.migrate.target import Target
from ops.names import BUNDLE_CONNECTION, OWN_CONNECTIONS

_PATH = "/api/v2/connections"
_KIND = "connection"


def plan(connections: Iterable[Connection], target: Target, *, with_defaults: bool) -> Iterator[Planned]:
    """What there is to do about each."""
    defaults = 0
    own = {*OWN_CONNECTIONS, *([BUNDLE_CONNECTION] if target.settings.dags.delivery == "bundle" else [])}
    for connection in connections:
        if connection.id in own:
            note = "the deployment has its own; a secret of this name would hide it"
            yield Planned(kind=_KIND, name=connection.id, state=State.LEFT_OUT, note=note)
        elif not with_defaults and is_default(connection):
            defaults += 1
        else:
            yield unless_deleted(_KIND, connection.id, partial(_planned, connection, target))
    if defaults:
        note = "every Airflow can have them, and nobody changed them; --with-defaults brings them"
        yield Planned(kind=_KIND, name=f"{defaults} defaults", state=State.LEFT_OUT, note=note)


def as_secret(connection: Connection) -> str:
    """What Airflow's SecretsManagerBackend reads: no description, and nothing that is empty."""
    fields: dict[str, Any] = {
        "conn_type": connection.type,
        "host": connection.host,
        "login": connection.login,
        "password": connection.password,
        "schema": connection.schema,
        "port": connection.port,
        "extra": decoded(connection.extra),
    }
    return json.dumps({key: value for key, value in fields.items() if value not in (None, "")}, ensure_ascii=False)


def _planned(connection: Connection, target: Target) -> Planned:
    secrets, name, value = target.secrets, target.secrets.connection(connection.id), as_secret(connection)
    description = connection.description or f"Airflow connection {connection.id}"
    thing = Thing(
        kind=_KIND,
        name=connection.id,
        make=lambda: secrets.make(name, value, description),
        change=lambda: secrets.change(name, value),
    )
    if reason := unreadable(connection.id, name, value):
        return thing.planned(State.REFUSED, reason)
    hidden = _hidden_parts(connection)
    if there := secrets.get(name):
        return _compared(connection, value, there, hidden, thing, overwrite=target.overwrite)
    if hidden:
        return thing.planned(State.NOT_GIVEN, hidden)
    if target.is_reached and target.find(_PATH, connection.id) and not target.overwrite:
        return thing.planned(State.CONFLICT, HIDES)
    return thing.planned(State.NEW, f"secret {name}")


def _hidden_parts(connection: Connection) -> str:
    """What the old Airflow keeps to itself, in words, or nothing."""
    parts = []
    if not connection.password_is_known:
        parts.append("Airflow 2 tells no password")
    elif is_masked(connection.password):
        parts.append("its password is hidden")
    if is_masked(connection.extra):
        parts.append("a part of its extra is hidden")
    return " and ".join(parts)


def _compared(connection: Connection, value: str, there: str, hidden: str, thing: Thing, *, overwrite: bool) -> Planned:
    seen, real = decoded(value), decoded(there)
    if isinstance(real, dict):
        real = {key: decoded(each) if isinstance(each, str) and key == "extra" else each for key, each in real.items()}
        if not connection.password_is_known:
            real.pop("password", None)
        if agrees(seen, real):
            return thing.planned(State.SAME, "as far as it can be seen" if hidden else "")
    if hidden:
        return thing.planned(State.CONFLICT, f"there is another of this name; {hidden}")
    if overwrite:
        return thing.planned(State.CHANGED, KEPT)
    return thing.planned(State.CONFLICT, OTHER)
