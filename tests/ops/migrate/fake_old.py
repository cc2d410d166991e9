"""Old Airflows on loopback. What they answer has the shapes that Airflow 2.11.2 and 3.3.2 answered with."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

USER, PASSWORD = "boss", "b0ss-pw"
_LONGEST_PAGE = 2

Reply = tuple[int, Any]


def connection(id_: str, **fields: Any) -> dict[str, Any]:
    """A connection, as it is in the metadata database."""
    empty = dict.fromkeys(("description", "host", "login", "schema", "port", "password", "extra"))
    return {"connection_id": id_, "conn_type": "generic", **empty, **fields}


def variable(key: str, value: str, description: str | None = None) -> dict[str, Any]:
    """A variable."""
    return {"key": key, "value": value, "description": description}


def pool(name: str, slots: int, description: str | None = None, *, include_deferred: bool = False) -> dict[str, Any]:
    """A pool."""
    return {"name": name, "slots": slots, "description": description, "include_deferred": include_deferred}


def user(username: str, *roles: str, active: bool = True, **fields: Any) -> dict[str, Any]:
    """A user."""
    return {
        "username": username,
        "email": f"{username}@example.com",
        "first_name": username.title(),
        "last_name": "Example",
        "roles": [{"name": role} for role in roles],
        "active": active,
        "last_login": None,
        "login_count": None,
        **fields,
    }


def role(name: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    """A role."""
    actions = [{"action": {"name": action}, "resource": {"name": resource}} for action, resource in pairs]
    return {"name": name, "actions": actions}


@dataclass
class OldAirflow:
    """One that tells what a test puts into it."""

    version: str = "2.11.2"
    connections: list[dict[str, Any]] = field(default_factory=list)
    variables: list[dict[str, Any]] = field(default_factory=list)
    pools: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    broken: dict[str, Reply] = field(default_factory=dict)
    """Answers to paths that begin so."""

    def respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> Reply:
        """See servers.Respond."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        for start, answer in self.broken.items():
            if path.startswith(start):
                return answer
        api, users = ("/api/v2", "/auth/fab/v1") if self._is_three else ("/api/v1", "/api/v1")
        if path == f"{api}/version":
            return 200, {"version": self.version, "git_version": ""}
        if path == "/auth/token" and self._is_three:
            known = (method, body) == ("POST", {"username": USER, "password": PASSWORD})
            return (201, {"access_token": "token"}) if known else (401, {"detail": "Invalid credentials"})
        if not path.startswith((f"{api}/", f"{users}/")):
            return 404, {"detail": "Not Found"}
        if headers.get("authorization") not in self._accepted:
            return 401, {"detail": None, "status": 401, "title": "Unauthorized"}
        query = {key: int(values[0]) for key, values in parse_qs(parts.query).items()}
        return self._told(path.removeprefix(users).removeprefix(api), query)

    @property
    def _is_three(self) -> bool:
        return self.version.startswith("3")

    @property
    def _accepted(self) -> tuple[str, ...]:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return ("Bearer token",) if self._is_three else (f"Basic {basic}", "Bearer token")

    def _told(self, path: str, query: dict[str, int]) -> Reply:
        kind, _, name = path.removeprefix("/").partition("/")
        items: list[dict[str, Any]] = getattr(self, kind)
        if name:
            if "/" in name:
                return 404, {"detail": "The requested URL was not found on the server."}
            return 200, next(each for each in items if each["connection_id"] == name)
        if kind == "pools" and not self._is_three and any(each["slots"] == -1 for each in items):
            return 500, {"detail": "inf is not of type 'integer'", "title": "Response body does not conform"}
        if kind == "connections" and not self._is_three:
            items = [{key: value for key, value in each.items() if key != "extra"} for each in items]
        start = query["offset"]
        # Whatever is asked for: `[api] maximum_page_limit`.
        return 200, {kind: items[start : start + _LONGEST_PAGE], "total_entries": len(items)}
