"""Plan: what would be made, what is there, what stands in the way; and then the doing of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.aws_errors import CALL_ERRORS, explain
from ops.errors import OpsError
from ops.migrate.secret_store import DeletedError


class State(StrEnum):
    """What there is to do about one thing."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    LEFT_OUT = "left out"
    """Nobody would miss it, or a person asked for that."""
    NOTE = "note"
    """Nothing to do here, and something to know."""
    NOT_GIVEN = "not given"
    """The old Airflow keeps a secret part of it to itself."""
    CONFLICT = "conflict"
    """The deployment has it with another value."""
    REFUSED = "refused"
    """It cannot be brought as it is."""
    FAILED = "failed"


OTHER = "there is another of this name (--overwrite puts this one in its place)"
HIDES = "the deployment's metadata database has one of this name, which the secret would hide (--overwrite)"
KEPT = "the value from before stays in the secret as AWSPREVIOUS"
_STYLES = {State.NEW: "yellow", State.CHANGED: "yellow", State.SAME: "green", State.LEFT_OUT: "dim", State.NOTE: "cyan"}
_IN_THE_WAY = frozenset({State.NOT_GIVEN, State.CONFLICT, State.REFUSED, State.FAILED})


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One thing, and what there is to do about it."""

    kind: str
    name: str
    state: State
    note: str = ""
    apply: Callable[[], object] | None = field(default=None, repr=False)
    """Does it. Whoever calls it again does no harm."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing, and how it would be made, or changed if it is there."""

    kind: str
    name: str
    make: Callable[[], object] = field(repr=False)
    change: Callable[[], object] = field(repr=False)

    def planned(self, state: State, note: str = "") -> Planned:
        """What there is to do about it."""
        apply = {State.NEW: self.make, State.CHANGED: self.change}.get(state)
        return Planned(kind=self.kind, name=self.name, state=state, note=note, apply=apply)


def unless_deleted(kind: str, name: str, plan: Callable[[], Planned]) -> Planned:
    """What a plan says; one whose secret is about to be deleted is refused, and the next one is looked at."""
    try:
        return plan()
    except DeletedError as error:
        return Planned(kind=kind, name=name, state=State.REFUSED, note=str(error))


def keep_going(planned: Iterable[Planned], progress: Console) -> list[Planned]:
    """Do what is planned, one after the other. What fails is told, and the next one is done."""
    pending = [each for each in planned if each.apply]
    results = []
    with progress.status("") as status:
        for number, each in enumerate(pending, start=1):
            status.update(f"{number}/{len(pending)} {escape(each.kind)} {escape(each.name)}")
            results.append(done(each))
    return results


def done(each: Planned) -> Planned:
    """Do it. Raises AwsError where nothing else could be done either."""
    try:
        if each.apply:
            each.apply()
    except CALL_ERRORS as error:
        explained = explain(error)
        if explained.ends_the_run:
            raise explained from None
        return _failed(each, explained)
    except OpsError as error:
        return _failed(each, error)
    return each


def _failed(each: Planned, error: Exception) -> Planned:
    return Planned(kind=each.kind, name=each.name, state=State.FAILED, note=str(error))


def is_clear(planned: Iterable[Planned]) -> bool:
    """Whether nothing stands in the way."""
    return not any(each.state in _IN_THE_WAY for each in planned)


def write(planned: Sequence[Planned], *, title: str, console: Console) -> None:
    """Show a plan."""
    table = Table(title=escape(title), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    table.add_column("what", overflow="fold", min_width=16, max_width=40)
    table.add_column("state", no_wrap=True)
    table.add_column("why, and what to do", overflow="fold", ratio=1)
    for kind, members in groupby(planned, key=lambda each: each.kind):
        table.add_row(f"[bold]{escape(kind)}[/]")
        for each in members:
            style = _STYLES.get(each.state, "bold red")
            table.add_row(f"  {escape(each.name)}", f"[{style}]{each.state}[/]", escape(each.note))
        table.add_section()
    console.print(table)
    console.print(summary(planned), highlight=False, soft_wrap=True)


def summary(planned: Iterable[Planned]) -> str:
    """The last line."""
    counts = Counter(each.state for each in planned)
    return "migrate: " + (", ".join(f"{counts[state]} {state}" for state in State if counts[state]) or "nothing found")


def as_json(planned: Iterable[Planned], *, title: str, clear: bool) -> str:
    """For a program."""
    items = [{"kind": each.kind, "name": each.name, "state": each.state, "note": each.note} for each in planned]
    return json.dumps({"command": "migrate", "title": title, "clear": clear, "items": items}, indent=2)
