"""Roles that people made: they come with what the deployment's Airflow knows of their permissions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from ops.airflow_api import Answer
from ops.migrate.items import Role
from ops.migrate.plan import OTHER, Planned, State, Thing
from ops.migrate.source_v2 import USERS_API, role_of
from ops.migrate.target import Target

BUILT_IN = frozenset({"Admin", "Op", "User", "Viewer", "Public"})
_KIND = "role"
_PATH = f"{USERS_API}/roles"
_RENAMED = {"Datasets": "Assets"}
"""Airflow 3's names for resources of Airflow 2."""
_OF_A_DAG = ("DAG:", "DAG Run:")
_SHOWN = 4


def plan(roles: Iterable[Role], target: Target) -> Iterator[Planned]:
    """What there is to do about each that is not one of Airflow's own."""
    there = {role.name: role for role in map(role_of, target.airflow.pages(_PATH, "roles"))}
    known = {
        (each["action"]["name"], each["resource"]["name"])
        for each in target.airflow.pages(f"{USERS_API}/permissions", "actions")
    }
    actions, resources = {action for action, _ in known}, {resource for _, resource in known}
    for role in roles:
        if role.name in BUILT_IN:
            continue
        wanted = {(action, _RENAMED.get(resource, resource)) for action, resource in role.permissions}
        possible = {pair for pair in wanted if pair[0] in actions and pair[1] in resources}
        yield _planned(role.name, possible, there.get(role.name), _lost(wanted - possible), target)


def _planned(name: str, pairs: set[tuple[str, str]], there: Role | None, note: str, target: Target) -> Planned:
    body = _body(name, pairs)
    thing = Thing(
        kind=_KIND,
        name=name,
        make=lambda: target.airflow.call("POST", _PATH, body),
        change=lambda: target.airflow.call("PATCH", f"{_PATH}/{quote(name, safe='')}", body),
    )
    if there is None:
        return thing.planned(State.NEW, note)
    if there.permissions == pairs:
        return thing.planned(State.SAME, note)
    return thing.planned(State.CHANGED, note) if target.overwrite else thing.planned(State.CONFLICT, OTHER)


def _lost(pairs: set[tuple[str, str]]) -> str:
    if not pairs:
        return ""
    names = sorted(f"{action} on {resource}" for action, resource in pairs)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    told = f"without {', '.join(names[:_SHOWN])}{more}, which this Airflow does not know"
    if any(resource.startswith(_OF_A_DAG) for _, resource in pairs):
        told += "; what is of one DAG it knows once the DAG is there: run the command again then, with --overwrite"
    return told


def _body(name: str, pairs: Iterable[tuple[str, str]]) -> Answer:
    actions = [{"action": {"name": action}, "resource": {"name": resource}} for action, resource in sorted(pairs)]
    return {"name": name, "actions": actions}
