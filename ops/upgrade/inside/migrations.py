"""Runs in an Airflow: writes down which migrations of the database lie between two versions.

Arguments: the version before, the version after, the file to write to (Airflow logs to both streams).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import airflow
from airflow.utils.db import _REVISION_HEADS_MAP, _get_alembic_config
from alembic.script import ScriptDirectory
from packaging.version import Version


def head(version: str) -> str | None:
    """The revision that a version's database is at: that of the last release that changed it."""
    known = [each for each in _REVISION_HEADS_MAP if Version(each) <= Version(version)]
    return _REVISION_HEADS_MAP[max(known, key=Version)] if known else None


def between(before: str, after: str) -> list[dict[str, str]]:
    """The migrations from one head to another, the first one first."""
    script = ScriptDirectory.from_config(_get_alembic_config())
    revisions = [] if before == after else list(script.iterate_revisions(after, before))
    return [
        {"revision": each.revision, "version": str(getattr(each.module, "airflow_version", "")), "what": each.doc}
        for each in reversed(revisions)
    ]


def main(before: str, after: str, file: str) -> None:
    """Write it down."""
    old, new = head(before), head(after)
    migrations = between(old, new) if old and new and Version(before) <= Version(after) else []
    told = {"installed": airflow.__version__, "before": old, "after": new, "migrations": migrations}
    Path(file).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
