"""The table of settings_changes.yaml: what a change of each setting does to a deployment that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).with_name("settings_changes.yaml")
_BECAME = ("changed", "replaced", "new", "gone")

Keys = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One deployment of a chain."""

    what: str
    settings: Keys
    expected: Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """One deployment, and what becomes of it."""

    name: str
    start: Keys
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """All of it."""

    chains: Mapping[str, Chain]
    fixed: Mapping[str, str]
    """Settings that cannot be changed, and why."""
    untried: Mapping[str, str]
    """Settings, or sections of them, that no step changes, and what is known of them instead."""

    @property
    def settings(self) -> set[str]:
        """Keys of all settings that it speaks of, and sections."""
        changed = {key for chain in self.chains.values() for step in chain.steps for key in step.settings}
        return changed | set(self.fixed) | set(self.untried)


@cache
def table() -> Table:
    """The table, read once."""
    read = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    chains = {
        name: Chain(name=name, start=body["from"], steps=tuple(_step(each) for each in body["steps"]))
        for name, body in read["chains"].items()
    }
    return Table(chains=chains, fixed=read["fixed"], untried=read["untried"])


def _step(body: Mapping[str, Any]) -> Step:
    expected = {name: sorted(body[name]) for name in _BECAME if name in body}
    return Step(what=body["what"], settings=body["set"], expected=expected)


def added(settings: Keys, more: Keys) -> dict[str, Any]:
    """Settings with more of them; what is null there is taken away, a section with all that is in it."""
    gone = tuple(f"{key}." for key, value in more.items() if value is None)
    kept = {key: value for key, value in settings.items() if not f"{key}.".startswith(gone)}
    return kept | {key: value for key, value in more.items() if value is not None}
