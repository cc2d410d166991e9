"""What `airflow connections export`, and its kin of variables, pools and users, writes: with passwords in clear."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.errors import OpsError
from ops.migrate.items import Connection, Kind, Pool, User, Variable

# Not `-` for the last three: most versions of Airflow 2 would make a file of that name.
COMMANDS = {
    Kind.CONNECTIONS: "airflow connections export - --file-format json",
    Kind.VARIABLES: "airflow variables export /dev/stdout",
    Kind.POOLS: "airflow pools export /dev/stdout",
    Kind.USERS: "airflow users export /dev/stdout",
}
_BEGIN = re.compile(r"^[\[{]", re.MULTILINE)


def read(kind: Kind, text: str) -> list[Any]:
    """The items of an export. Raises OpsError where it is none; no message repeats anything of it."""
    found = _first_json(text)
    if found is None:
        raise OpsError(
            f"standard input has no export of {kind} in it, which is JSON. Did the command before the pipe fail? "
            f"It is: {COMMANDS[kind]}"
        )
    try:
        return list(_READERS[kind](found))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise OpsError(f"standard input is JSON, but no export of {kind}, which `{COMMANDS[kind]}` writes") from None


def _first_json(text: str) -> Any:
    """The first JSON that begins a line: Airflow may write lines of a log before it, and a remark behind it."""
    for begin in _BEGIN.finditer(text):
        try:
            return json.JSONDecoder().raw_decode(text, begin.start())[0]
        except ValueError:  # a line of a log, which begins with the time in brackets
            continue
    return None


def _connections(found: Mapping[str, Any]) -> Iterator[Connection]:
    for id_, each in found.items():
        extra = each.get("extra")
        yield Connection(
            id=id_,
            type=each["conn_type"],
            host=each.get("host"),
            login=each.get("login"),
            schema=each.get("schema"),
            port=int(each["port"]) if each.get("port") else None,
            description=each.get("description"),
            password=each.get("password"),
            extra=extra if extra is None or isinstance(extra, str) else json.dumps(extra),
        )


def _variables(found: Mapping[str, Any]) -> Iterator[Variable]:
    for key, value in found.items():
        description = None
        # Airflow 3 writes one that has a description like this.
        if isinstance(value, dict) and value.keys() == {"value", "description"}:
            value, description = value["value"], value["description"]  # noqa: PLW2901
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield Variable(key=key, value=text, description=description, rewritten=isinstance(value, float))


def _pools(found: Mapping[str, Any]) -> Iterator[Pool]:
    for name, each in found.items():
        yield Pool(
            name=name,
            slots=int(each["slots"]),
            description=each.get("description") or "",
            include_deferred=bool(each.get("include_deferred")),
        )


def _users(found: list[Mapping[str, Any]]) -> Iterator[User]:
    for each in found:
        yield User(
            username=each["username"],
            email=each["email"],
            first_name=each["firstname"],
            last_name=each["lastname"],
            roles=frozenset(map(str, each["roles"])),
        )


_READERS: dict[Kind, Callable[[Any], Iterator[Any]]] = {
    Kind.CONNECTIONS: _connections,
    Kind.VARIABLES: _variables,
    Kind.POOLS: _pools,
    Kind.USERS: _users,
}
