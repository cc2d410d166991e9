"""What the old Airflow has: told by its API, or by an export that is piped in."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.migrate import exports
from ops.migrate.items import Kind, NotGivenError, Role
from ops.migrate.source import Access, in_words, open_source

PASSWORD, TOKEN = "MIGRATE_PASSWORD", "MIGRATE_TOKEN"


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Items by their kind."""

    source: str
    """What they come from, for the title."""
    items: Mapping[Kind, list[Any]] = field(repr=False)
    roles: Sequence[Role] = ()
    not_given: Mapping[Kind, str] = field(default_factory=dict)
    """Kinds of which nothing was told, and why."""
    complete: bool = False
    """Whether nothing in it is hidden."""

    def without(self, patterns: Sequence[str]) -> Gathered:
        """The same without what has such a name."""
        kept = {kind: [each for each in items if not _is_named(each, patterns)] for kind, items in self.items.items()}
        return replace(self, items=kept)


def access_for(username: str | None) -> Access:
    """How to sign in: from the environment, or a person is asked. Raises OpsError where nobody can be."""
    if token := os.environ.get(TOKEN):
        return Access(token=token)
    if not username:
        raise OpsError(f"who signs in to the old Airflow? Give --user NAME, or a token in the variable {TOKEN}")
    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise OpsError(f"the password of {username} cannot be asked for without a terminal: put it into {PASSWORD}")
        password = getpass.getpass(f"Password of {username} in the old Airflow: ")
    return Access(username=username, password=password)


def from_api(
    url: str, access: Access, kinds: Sequence[Kind], *, ca_file: Path | None, say: Callable[[str], None]
) -> Gathered:
    """Ask an Airflow. Raises OpsError."""
    source, version = open_source(url, access, ca_file=ca_file)
    readers: dict[Kind, Callable[[], Any]] = {
        Kind.CONNECTIONS: source.connections,
        Kind.VARIABLES: source.variables,
        Kind.POOLS: source.pools,
        Kind.USERS: source.users,
    }
    items, not_given = {}, {}
    with in_words(url, version):
        for kind in kinds:
            say(f"reading {kind} of {url}")
            try:
                items[kind] = list(readers[kind]())
            except NotGivenError as error:
                not_given[kind] = str(error)
        roles = list(source.roles()) if Kind.USERS in items else []
    return Gathered(source=f"Airflow {version} at {url}", items=items, roles=roles, not_given=not_given)


def from_stdin(kind: Kind) -> Gathered:
    """Read an export. Raises OpsError."""
    if sys.stdin.isatty():
        raise OpsError(
            f"--from-stdin: pipe an export in: {exports.COMMANDS[kind]} | python -m ops migrate {kind} --from-stdin"
        )
    text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    return Gathered(source="standard input", items={kind: exports.read(kind, text)}, complete=True)


def _is_named(item: Any, patterns: Sequence[str]) -> bool:
    name = next(getattr(item, key) for key in ("id", "key", "username", "name") if hasattr(item, key))
    return any(fnmatchcase(name, pattern) for pattern in patterns)
