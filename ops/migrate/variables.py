"""Variables: secret ones become secrets, the others go to the metadata database, where people see and change them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import quote

from ops.migrate.items import Variable
from ops.migrate.masks import agrees, decoded, is_secret
from ops.migrate.plan import HIDES, KEPT, OTHER, Planned, State, Thing, unless_deleted
from ops.migrate.secret_store import unreadable
from ops.migrate.target import Target
from ops.names import OWN_VARIABLES

_PATH = "/api/v2/variables"
_KIND = "variable"
_REWRITTEN = "Airflow wrote this number anew, 1.10 as 1.1: look whether it is still what it was"
_ALIKE = "as far as it can be told: Airflow shows 1.10 as 1.1"
_HIDDEN_BY_SECRET = "Secrets Manager has another of this name, which would hide this one"  # noqa: S105 - no secret


def plan(variables: Iterable[Variable], target: Target) -> Iterator[Planned]:
    """What there is to do about each."""
    for variable in variables:
        if variable.key in OWN_VARIABLES:
            note = "the deployment keeps this name for one of its own, in the environment"
            yield Planned(kind=_KIND, name=variable.key, state=State.LEFT_OUT, note=note)
            continue
        if variable.is_hidden:
            plan_one = _hidden
        # A secret cannot be empty, and nothing is no secret.
        elif variable.value and is_secret(variable.key, variable.value):
            plan_one = _secret
        else:
            plan_one = _plain
        yield unless_deleted(_KIND, variable.key, partial(plan_one, variable, target))


def _hidden(variable: Variable, target: Target) -> Planned:
    """One that the old Airflow did not tell. Who brought it by an export before has it."""
    in_secrets = _read_secret(variable, target)
    there = in_secrets is not None or target.find(_PATH, variable.key)
    state, note = (State.SAME, "as far as it can be seen") if there else (State.NOT_GIVEN, "its value is hidden")
    return Planned(kind=_KIND, name=variable.key, state=state, note=note)


def _secret(variable: Variable, target: Target) -> Planned:
    secrets, name = target.secrets, target.secrets.variable(variable.key)
    description = variable.description or f"Airflow variable {variable.key}"
    thing = Thing(
        kind=_KIND,
        name=variable.key,
        make=lambda: secrets.make(name, variable.value, description),
        change=lambda: secrets.change(name, variable.value),
    )
    if reason := unreadable(variable.key, name, variable.value):
        return thing.planned(State.REFUSED, reason)
    if there := secrets.get(name):
        if _equal(variable.value, there):
            return thing.planned(State.SAME)
        return thing.planned(State.CHANGED, KEPT) if target.overwrite else thing.planned(State.CONFLICT, OTHER)
    if target.find(_PATH, variable.key) and not target.overwrite:
        return thing.planned(State.CONFLICT, HIDES)
    return thing.planned(State.NEW, f"secret {name}")


def _plain(variable: Variable, target: Target) -> Planned:
    body = {"key": variable.key, "value": variable.value, "description": variable.description}
    thing = Thing(
        kind=_KIND,
        name=variable.key,
        make=lambda: target.airflow.call("POST", _PATH, body),
        change=lambda: target.airflow.call("PATCH", f"{_PATH}/{quote(variable.key, safe='')}", body),
    )
    in_secrets = _read_secret(variable, target)
    if in_secrets is not None:
        same = _equal(variable.value, in_secrets)
        return thing.planned(State.SAME) if same else thing.planned(State.CONFLICT, _HIDDEN_BY_SECRET)
    note = _REWRITTEN if variable.rewritten else ""
    there = target.find(_PATH, variable.key)
    if there is None:
        return thing.planned(State.NEW, note)
    if agrees(decoded(there["value"] or ""), decoded(variable.value)):
        if variable.description and not there["description"]:
            return thing.planned(State.CHANGED, "its description")
        return thing.planned(State.SAME, _ALIKE if isinstance(decoded(variable.value), float) else "")
    return thing.planned(State.CHANGED, note) if target.overwrite else thing.planned(State.CONFLICT, OTHER)


def _read_secret(variable: Variable, target: Target) -> str | None:
    name = target.secrets.variable(variable.key)
    return None if unreadable(variable.key, name, "") else target.secrets.get(name)


def _equal(one: str, other: str) -> bool:
    """Airflow writes a value that is JSON anew when it tells it."""
    return one == other or decoded(one) == decoded(other)
