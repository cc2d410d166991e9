"""The table of flows (flows.yaml), read: which kind of pod may call which place on which port, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.policies import Pod, Port

FILE = Path(__file__).with_name("flows.yaml")
CALLED = ("aws", "kubernetes", "database", "queue", "node", "outside", "credentials", "metadata")
CALLING = ("vpc", "stranger")
"""Places that are no pods of ours."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One flow. The names of places are those of the file."""

    caller: str
    called: str
    port: Port
    allowed: bool
    why: str
    with_setting: str | None
    """The setting without which it is not there, or, of a forbidden one, with which it is."""

    def __str__(self) -> str:
        protocol, number = self.port
        may = "may call" if self.allowed else "may not call"
        return f"{self.caller} {may} {self.called} {protocol.lower()}/{number}"


@cache
def pods() -> dict[str, Pod]:
    """Each kind of pod by its name: where it is, and the labels that policies know it by."""
    kinds = yaml.safe_load(FILE.read_text(encoding="utf-8"))["pods"]
    return {name: (name.partition("/")[0], labels) for name, labels in kinds.items()}


@cache
def rows() -> tuple[Row, ...]:
    """Every flow."""
    table = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(row for allowed in (True, False) for each in _groups(table, allowed) for row in _rows(each, allowed))


def _groups(table: dict[str, Any], allowed: bool) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = table["allowed" if allowed else "forbidden"]
    return groups


def _rows(group: dict[str, Any], allowed: bool) -> Iterator[Row]:
    for caller in group["from"]:
        for target in group["to"]:
            called, _, port = target.partition(" ")
            protocol, _, number = port.partition("/")
            yield Row(
                caller=caller,
                called=called,
                port=(protocol.upper(), int(number)),
                allowed=allowed,
                why=group["why"],
                with_setting=group.get("with" if allowed else "unless"),
            )
