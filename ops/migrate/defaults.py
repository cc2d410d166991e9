"""Connections that Airflow makes by itself in a new database when it is asked to, most of which nobody ever uses."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ops.migrate.items import Connection
from ops.migrate.masks import agrees, decoded

_FILE = Path(__file__).with_name("defaults.yaml")
_FIELDS = ("type", "host", "login", "schema", "port")


def is_default(connection: Connection) -> bool:
    """Whether it is still as Airflow made it, as far as can be seen."""
    default = _defaults().get(connection.id)
    if default is None or any((getattr(connection, key) or None) != default.get(key) for key in _FIELDS):
        return False
    if connection.password_is_known and not agrees(connection.password or None, default.get("password")):
        return False
    return agrees(decoded(connection.extra or None), default.get("extra"))


@lru_cache
def _defaults() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
