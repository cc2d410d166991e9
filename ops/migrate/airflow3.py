"""What Airflow 3 has against DAGs of Airflow 2, as ruff's rules AIR know it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from ops.migrate.plan import Planned, State

_KIND = "for Airflow 3"
_PER_FILE, _FILES = 3, 30
_COMMAND = "ruff check --preview --select AIR"


def findings(folder: Path) -> Iterator[Planned]:
    """One for each file that has to be changed. The files are only read."""
    found = _ruff(folder)
    if found is None:
        note = f"not checked: run `{_COMMAND}` on the DAGs, with ruff of requirements-dev.txt"
        yield Planned(kind=_KIND, name="all DAGs", state=State.NOTE, note=note)
        return
    by_file = [(name, list(each)) for name, each in groupby(found, key=lambda finding: str(finding["filename"]))]
    for name, each in by_file[:_FILES]:
        told = "; ".join(f"line {one['location']['row']} {one['code']}: {one['message']}" for one in each[:_PER_FILE])
        more = f"; and {len(each) - _PER_FILE} more" if len(each) > _PER_FILE else ""
        yield Planned(
            kind=_KIND, name=str(Path(name).relative_to(folder.resolve())), state=State.NOTE, note=f"{told}{more}"
        )
    if len(by_file) > _FILES:
        note = f"all of them: {_COMMAND}; many are mended by --fix --unsafe-fixes"
        yield Planned(kind=_KIND, name=f"{len(by_file) - _FILES} more files", state=State.NOTE, note=note)


def _ruff(folder: Path) -> list[dict[str, Any]] | None:
    """What ruff finds, or None where it cannot be run."""
    options = ["--isolated", "--no-cache", "--preview", "--select", "AIR", "--output-format", "json", "--exit-zero"]
    done = subprocess.run(  # noqa: S603 - ruff, with options of our own
        [sys.executable, "-m", "ruff", "check", *options, str(folder.resolve())],
        capture_output=True,
        check=False,
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        return None
    # A file that is no Python has no rule's code.
    return [each for each in found if str(each["code"] or "").startswith("AIR")]
