"""Airflow 2's REST API. It never gives a password, nor says whether there is one; variables it gives as they are."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

from ops.airflow_api import AirflowApi, AirflowError, Answer
from ops.migrate.items import Connection, NotGivenError, Pool, Role, User, Variable
from ops.migrate.masks import MASK
from ops.migrate.source_v2 import pool_of, role_of, users_of

_API = "/api/v1"


class SourceV1:
    """One Airflow 2."""

    def __init__(self, api: AirflowApi) -> None:
        self._api = api

    def connections(self) -> Iterator[Connection]:
        """Each by itself, because the list has no `extra`."""
        for each in self._api.pages(f"{_API}/connections", "connections"):
            found = self._whole(each)
            yield Connection(
                id=found["connection_id"],
                type=found["conn_type"],
                host=found.get("host"),
                login=found.get("login"),
                schema=found.get("schema"),
                port=found.get("port"),
                description=found.get("description"),
                extra=found.get("extra"),
                password_is_known=False,
            )

    def _whole(self, listed: Answer) -> Answer:
        try:
            return self._api.call("GET", f"{_API}/connections/{quote(listed['connection_id'], safe='')}")
        except AirflowError as error:
            # Airflow 2 finds none by an id with a slash in it, and so does not tell its `extra`.
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return listed | {"extra": MASK}

    def variables(self) -> Iterator[Variable]:
        """Their text, letter by letter."""
        for each in self._api.pages(f"{_API}/variables", "variables"):
            yield Variable(key=each["key"], value=each["value"] or "", description=each.get("description"))

    def pools(self) -> Iterator[Pool]:
        """Every pool. Raises NotGivenError where one is without limit, because Airflow 2 fails then."""
        try:
            yield from map(pool_of, self._api.pages(f"{_API}/pools", "pools"))
        except AirflowError as error:
            if error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise NotGivenError(
                "the API of Airflow 2 fails where a pool is without limit, which is -1 slots (500)"
            ) from None

    def users(self) -> Iterator[User]:
        """Every user."""
        return users_of(self._api, f"{_API}/users")

    def roles(self) -> Iterator[Role]:
        """Every role."""
        return map(role_of, self._api.pages(f"{_API}/roles", "roles"))
