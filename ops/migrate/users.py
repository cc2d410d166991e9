"""Users: with their roles, and a new password each, which is put where people find it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

from ops.airflow_api import AirflowError, Answer
from ops.errors import OpsError
from ops.migrate import roles
from ops.migrate.items import Role, User
from ops.migrate.plan import OTHER, Planned, State, Thing
from ops.migrate.source_v2 import USERS_API, user_of
from ops.migrate.target import Target

_KIND = "user"
_PATH = f"{USERS_API}/users"
_RANDOM_BYTES = 24


def plan(users: Iterable[User], made_roles: Iterable[Role], target: Target) -> Iterator[Planned]:
    """Roles first, which users need."""
    planned = list(roles.plan(made_roles, target))
    yield from planned
    known = roles.BUILT_IN | {each.name for each in planned} | _names_of_roles(target)
    there = {user.username: user for user in map(user_of, target.airflow.pages(_PATH, "users"))}
    owners = {user.email.lower(): user.username for user in there.values()}
    for user in users:
        missing = sorted(user.roles - known)
        owner = owners.get(user.email.lower(), user.username)
        if user.username == target.administrator:
            note = "the deployment's administrator has this name, and its own password"
            yield Planned(kind=_KIND, name=user.username, state=State.LEFT_OUT, note=note)
        elif not user.active:
            note = "not active there, and the API makes only active ones"
            yield Planned(kind=_KIND, name=user.username, state=State.LEFT_OUT, note=note)
        elif missing:
            note = f"there is no role {', '.join(missing)}: make it, or bring users from --from URL, which tells roles"
            yield Planned(kind=_KIND, name=user.username, state=State.REFUSED, note=note)
        elif owner != user.username:
            note = f"its e-mail address is the one of {owner}"
            yield Planned(kind=_KIND, name=user.username, state=State.CONFLICT, note=note)
        else:
            yield _planned(user, there.get(user.username), target)


def require_users_api(target: Target) -> None:
    """Raise OpsError where the deployment's Airflow keeps no users."""
    try:
        _names_of_roles(target)
    except AirflowError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        raise OpsError(
            "the deployment's Airflow has another auth manager than FAB, which is what keeps users and roles: make "
            "them where that one keeps them"
        ) from None


def _names_of_roles(target: Target) -> set[str]:
    return {each["name"] for each in target.airflow.pages(f"{USERS_API}/roles", "roles")}


def _planned(user: User, there: User | None, target: Target) -> Planned:
    # Airflow 3 takes no empty names.
    user = replace(user, first_name=user.first_name or user.username, last_name=user.last_name or "-")
    thing = Thing(
        kind=_KIND,
        name=user.username,
        make=lambda: _make(user, target),
        change=lambda: target.airflow.call("PATCH", f"{_PATH}/{quote(user.username, safe='')}", _body(user)),
    )
    told = ", ".join(sorted(user.roles)) or "no role"
    if there is None:
        how = "signs in at the identity provider" if target.signs_in_by_identity else _where(user, target)
        return thing.planned(State.NEW, f"{told}; {how}")
    if (there.email.lower(), there.first_name, there.last_name, there.roles) == (
        user.email.lower(),
        user.first_name,
        user.last_name,
        user.roles,
    ):
        return thing.planned(State.SAME, told)
    return thing.planned(State.CHANGED, told) if target.overwrite else thing.planned(State.CONFLICT, OTHER)


def _where(user: User, target: Target) -> str:
    return f"a new password, in the secret {target.secrets.user(user.username)}"


def _make(user: User, target: Target) -> None:
    password = secrets.token_urlsafe(_RANDOM_BYTES)
    if not target.signs_in_by_identity:
        # The secret first: a run that is stopped between the two finds the password again.
        name = target.secrets.user(user.username)
        kept = target.secrets.get(name)
        if kept:
            password = json.loads(kept)["password"]
        else:
            held = json.dumps({"username": user.username, "password": password}, ensure_ascii=False)
            target.secrets.make(name, held, f"Airflow user {user.username}: their first password")
    try:
        target.airflow.call("POST", _PATH, {**_body(user), "password": password})
    except AirflowError as error:
        # Airflow may repeat what it was sent.
        raise AirflowError(str(error).replace(password, "(password)"), error.status) from None


def _body(user: User) -> Answer:
    return {
        "username": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "roles": [{"name": role} for role in sorted(user.roles)],
    }
