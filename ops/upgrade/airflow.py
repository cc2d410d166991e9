"""Airflow: its version, and what its own migrations say of the database."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from ops.checks import Findings, NotCheckedError, failure, ok, warning
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import Change, change, parse, step

_INSIDE = Path(__file__).with_name("inside") / "migrations.py"
_TIMEOUT_SECONDS = 120
_SHOWN = 6
_MAJOR = (
    "Read Airflow's guide to this major version. Its own checks of the DAGs are rules of ruff: "
    "`ruff check --preview --select AIR dags`. Try it on a deployment of another name first."
)


def version(upgrade: Upgrade) -> Findings:
    """How far the step is, and whether Airflow takes it."""
    before, after = upgrade.before.airflow, upgrade.after.airflow
    check, told, kind = "Airflow", step(before, after), change(before, after)
    if kind is Change.NONE:
        yield ok(check, f"{told}, unchanged")
    elif kind is Change.DOWN:
        yield failure(
            check,
            f"{told}: a step back. The migration job only goes forward, and the older Airflow refuses a newer database",
            "Restore the database to the time before the upgrade, or run `airflow db downgrade --to-version "
            f"{after}` with the newer Airflow while all servers are stopped; docs/upgrade.md says how.",
        )
    elif kind is Change.MAJOR:
        yield warning(check, f"{told}: {kind}", _MAJOR)
    else:
        yield ok(check, f"{told}: {kind}; the migration job runs first, and the new servers wait for it")


def database(upgrade: Upgrade) -> Findings:
    """Which migrations the job will run.

    Raises NotCheckedError where there is no Airflow here that knows both versions.
    """
    check, before, after = "migrations", upgrade.before.airflow, upgrade.after.airflow
    if change(before, after) is Change.NONE:
        yield ok(check, "none: the database stays as it is")
        return
    known = _ask(upgrade.airflow_python, before, after)
    newest = max(before, after, key=parse)
    if parse(newest) > parse(known["installed"]):
        raise NotCheckedError(
            f"not known: the Airflow in .venv-airflow is {known['installed']}, and {newest} may have later ones",
            f"Pin {newest} in requirements-airflow.in, then: make requirements setup",
        )
    if known["before"] is None or known["after"] is None:
        raise NotCheckedError(
            f"not known: {min(before, after, key=parse)} is older than all that Airflow {known['installed']} knows of",
            "Go there by a version in between.",
        )
    if change(before, after) is Change.DOWN:
        back = "the same revision" if known["before"] == known["after"] else f"{known['before']} → {known['after']}"
        yield warning(check, f"a downgrade of the database: {back}", "See above.")
    elif not known["migrations"]:
        yield ok(check, f"none: both versions are at revision {known['after']}")
    else:
        yield warning(
            check,
            f"{len(known['migrations'])} of them, {known['before']} → {known['after']}: {_listed(known['migrations'])}",
            "Take a snapshot of the database first. To read their SQL: `airflow db migrate --show-sql-only "
            f"--from-version {before} --to-version {after}`.",
        )


def _ask(python: Path, before: str, after: str) -> dict[str, Any]:
    """What the installed Airflow knows. Raises NotCheckedError where there is none, or it does not say."""
    if not python.exists():
        raise NotCheckedError("there is no Airflow here to ask for its migrations", "Run `make setup`.")
    with tempfile.TemporaryDirectory() as home:
        told = Path(home, "told.json")
        # A home of its own: an Airflow that is only imported writes its configuration there.
        environment = {"PATH": os.environ["PATH"], "AIRFLOW_HOME": home, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(  # noqa: S603 - the Python of .venv-airflow, and a file of this project
                [python, _INSIDE, before, after, told],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotCheckedError(f"the Airflow in .venv-airflow does not run: {error}", "Run `make setup`.") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise NotCheckedError(f"the Airflow in .venv-airflow does not say: {last}", "Run `make setup`.")
        known: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
        return known


def _listed(migrations: list[dict[str, str]]) -> str:
    told = [f"{each['what'].strip().rstrip('.')} ({each['version']})" for each in migrations[:_SHOWN]]
    more = len(migrations) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")
