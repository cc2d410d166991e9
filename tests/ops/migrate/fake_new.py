"""The deployment's Airflow on loopback, as far as things are brought into it. Its answers are those of Airflow 3.2."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from ops.migrate.masks import is_sensitive
from tests.ops.fake_airflow import PASSWORD, USER

Reply = tuple[int, Any]
_BUILT_IN = ("Admin", "Op", "User", "Viewer", "Public")
_KNOWN = (("can_read", "DAGs"), ("can_edit", "DAGs"), ("can_read", "Assets"), ("menu_access", "Docs"))


def _actions(pairs: Any) -> list[dict[str, Any]]:
    return [{"action": {"name": action}, "resource": {"name": resource}} for action, resource in pairs]


@dataclass
class NewAirflow:
    """An empty one."""

    connections: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    pools: dict[str, Any] = field(default_factory=dict)
    users: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=lambda: {name: {"name": name, "actions": []} for name in _BUILT_IN})
    other_auth_manager: bool = False
    failing: dict[str, Callable[[Any], Reply]] = field(default_factory=dict)
    """Answers to what is sent to paths that begin so, by what is sent."""
    changes: list[tuple[str, str, Any]] = field(default_factory=list)
    """Calls that are no reading."""

    def respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> Reply:
        """See servers.Respond."""
        path = unquote(urlsplit(target).path)
        if path == "/api/v2/monitor/health":
            return 200, {"metadatabase": {"status": "healthy"}}
        return self._for_somebody(method, path, headers, body)

    def _for_somebody(self, method: str, path: str, headers: dict[str, str], body: Any) -> Reply:
        if path == "/auth/token":
            known = body == {"username": USER, "password": PASSWORD}
            return (201, {"access_token": "token"}) if known else (401, {"detail": "Invalid credentials"})
        if headers.get("authorization") != "Bearer token":
            return 401, {"detail": "Not authenticated"}
        if path.startswith("/auth/fab/v1/") and self.other_auth_manager:
            return 404, {"detail": "Not Found"}
        kind, _, name = path.removeprefix("/api/v2/").removeprefix("/auth/fab/v1/").partition("/")
        if method == "GET":
            return self._read(kind, name)
        self.changes.append((method, path, body))
        for start, answer in self.failing.items():
            if path.startswith(start):
                return answer(body)
        return self._write(method, kind, name, body)

    def _read(self, kind: str, name: str) -> Reply:
        if kind == "permissions":
            return 200, {"actions": _actions(_KNOWN), "total_entries": len(_KNOWN)}
        items = getattr(self, kind)
        if not name:
            return 200, {kind: list(items.values()), "total_entries": len(items)}
        if name not in items:
            return 404, {"detail": f"The {kind} with key `{name}` was not found"}
        return 200, _hidden(items[name]) if kind == "variables" else items[name]

    def _write(self, method: str, kind: str, name: str, body: Any) -> Reply:
        key = {"users": "username", "variables": "key"}.get(kind, "name")
        items = getattr(self, kind)
        if kind == "users":
            unknown = [each["name"] for each in body["roles"] if each["name"] not in self.roles]
            if unknown:
                return 400, {"detail": f"Unknown roles: {unknown}"}
            body = {field: value for field, value in body.items() if field != "password"} | {"active": True}
        if method == "POST":
            if body[key] in items:
                return 409, {"detail": "Unique constraint violation"}
            items[body[key]] = body
            return 201, body
        # Airflow calls a pool's name otherwise in a change.
        items[name] |= {"name": body["pool"], **body} if kind == "pools" else body
        return 200, items[name]


def _hidden(variable: dict[str, Any]) -> dict[str, Any]:
    """What Airflow 3 tells of a variable: JSON anew, and stars for a secret."""
    try:
        value = json.dumps(json.loads(variable["value"]))
    except ValueError:
        value = "***" if is_sensitive(variable["key"]) else variable["value"]
    return {**variable, "value": value}
