"""Reports: what was checked and what came out, as a table or as JSON, and the exit code that follows from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Output(StrEnum):
    """How a command tells."""

    TABLE = "table"
    JSON = "json"


class Status(StrEnum):
    """What came out of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_CHECKED = "not checked"


_STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILURE: "bold red", Status.NOT_CHECKED: "cyan"}


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of a report."""

    group: str
    check: str
    status: Status
    found: str
    advice: str = ""
    """What to do about it."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """All results of one run."""

    command: str
    subject: Mapping[str, str]
    """What was looked at: name, region, account."""
    results: Sequence[Result]
    strict: bool = False
    """Whether what could not be checked counts as a failure."""

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        bad = {Status.FAILURE, Status.NOT_CHECKED} if self.strict else {Status.FAILURE}
        return not any(result.status in bad for result in self.results)

    @property
    def exit_code(self) -> int:
        """0 where the report passed, 1 where it did not."""
        return 0 if self.passed else 1

    def write(self, output: Output, console: Console) -> None:
        """Print it."""
        if output is Output.JSON:
            # Not through the console, which would wrap it.
            print(self.as_json(), file=console.file)
            return
        console.print(self._table())
        console.print(self.summary(), highlight=False, soft_wrap=True)

    def as_json(self) -> str:
        """The report for a program."""
        return json.dumps(
            {
                "command": self.command,
                **self.subject,
                "passed": self.passed,
                "results": [asdict(result) for result in self.results],
            },
            indent=2,
        )

    def summary(self) -> str:
        """The last line."""
        counts = Counter(result.status for result in self.results)
        return f"{self.command}: " + ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])

    def _table(self) -> Table:
        title = " · ".join([self.command, *(f"{key} {value}" for key, value in self.subject.items())])
        table = Table(title=escape(title), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
        table.add_column("check", overflow="fold", min_width=16, max_width=36)
        table.add_column("result", no_wrap=True)
        table.add_column("what was found, and what to do", overflow="fold", ratio=1)
        for group, results in groupby(self.results, key=lambda result: result.group):
            table.add_row(f"[bold]{escape(group)}[/]")
            for result in results:
                style = _STYLES[result.status]
                table.add_row(f"  {escape(result.check)}", f"[{style}]{result.status}[/]", _told(result))
            table.add_section()
        return table


def _told(result: Result) -> str:
    advice = f"\n[bold]→[/] {escape(result.advice)}" if result.advice else ""
    return f"{escape(result.found)}{advice}"
