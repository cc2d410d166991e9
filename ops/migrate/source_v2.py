"""Airflow 3's REST API. It shows three stars for a secret, and writes a value that is JSON anew."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from ops.airflow_api import AirflowApi, AirflowError
from ops.migrate.items import Connection, NotGivenError, Pool, Role, User, Variable
from ops.migrate.masks import decoded, is_masked

_API = "/api/v2"
USERS_API = "/auth/fab/v1"
"""Of the FAB auth manager; another one has none."""


class SourceV2:
    """One Airflow 3."""

    def __init__(self, api: AirflowApi) -> None:
        self._api = api

    def connections(self) -> Iterator[Connection]:
        """Every connection of the metadata database."""
        for each in self._api.pages(f"{_API}/connections", "connections"):
            yield Connection(
                id=each["connection_id"],
                type=each["conn_type"],
                host=each["host"],
                login=each["login"],
                schema=each["schema"],
                port=each["port"],
                description=each["description"],
                password=each["password"],
                extra=each["extra"],
            )

    def variables(self) -> Iterator[Variable]:
        """Every variable of the metadata database."""
        for each in self._api.pages(f"{_API}/variables", "variables"):
            value = each["value"] or ""
            yield Variable(
                key=each["key"],
                value=value,
                description=each["description"],
                is_hidden=is_masked(value),
                rewritten=isinstance(decoded(value), float),
            )

    def pools(self) -> Iterator[Pool]:
        """Every pool."""
        return map(pool_of, self._api.pages(f"{_API}/pools", "pools"))

    def users(self) -> Iterator[User]:
        """Every user."""
        return users_of(self._api, f"{USERS_API}/users")

    def roles(self) -> Iterator[Role]:
        """Every role."""
        return map(role_of, self._api.pages(f"{USERS_API}/roles", "roles"))


def pool_of(told: dict[str, Any]) -> Pool:
    """A pool, as both APIs tell it."""
    return Pool(
        name=told["name"],
        slots=told["slots"],
        description=told.get("description") or "",
        include_deferred=told.get("include_deferred") or False,
    )


def users_of(api: AirflowApi, path: str) -> Iterator[User]:
    """Every user. Raises NotGivenError where the auth manager keeps none."""
    try:
        yield from map(user_of, api.pages(path, "users"))
    except AirflowError as error:
        if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            raise
        raise NotGivenError("its auth manager is another one than FAB, and keeps none that its API tells") from None


def user_of(told: dict[str, Any]) -> User:
    """A user, as both APIs tell it."""
    return User(
        username=told["username"],
        email=told["email"],
        first_name=told["first_name"],
        last_name=told["last_name"],
        roles=frozenset(role["name"] for role in told["roles"] or ()),
        active=told.get("active") is not False,
    )


def role_of(told: dict[str, Any]) -> Role:
    """A role, as both APIs tell it."""
    pairs = ((each["action"]["name"], each["resource"]["name"]) for each in told["actions"])
    return Role(name=told["name"], permissions=frozenset(pairs))
