"""Steps of what Helm installs: the controllers, and Airflow with its snapshot, its migration and its workers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.names import RELEASE
from ops.upgrade.step import Changed, Differences, Step
from ops.upgrade.versions import Change, change, step

_SNAPSHOT = "Custom::MigrationSnapshot"
_SETUP_MINUTES = 10
"""The Job has so long after the servers are ready (stacks/airflow.py)."""
_SECONDS = re.compile(r"(\d+)s")
_SHOWN = 6
_DOWN = "`airflow db downgrade --to-version {}` first (docs/upgrade.md), or the snapshot; then deploy the older one"


def controllers(differences: Differences) -> Iterator[Step]:
    """Every release but Airflow's, in the order of their names."""
    found = {name: each for name, each in differences.releases.items() if name != RELEASE}
    versions = differences.upgrade
    if differences.comparison is None:
        told = [
            f"{name} {step(before, version)}"
            for name, version in sorted(versions.after.charts.items())
            if name != RELEASE and (before := versions.before.charts.get(name)) not in (None, version)
        ]
    else:
        told = [_release(name, each) for name, each in sorted(found.items())]
    if not told:
        return
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    minutes = max((_minutes(each) for each in found.values()), default=0)
    yield Step(
        name="controllers",
        happens=f"helm upgrades {', '.join(told[:_SHOWN])}{more}",
        stops="each is away for seconds: what it has made stays, nothing new is made, no task is ended",
        longest=f"{minutes or 13} minutes each, after which Helm gives up and CloudFormation goes back",
        back="deploy the older line, unless its notes say that stored versions of its custom resources are gone",
    )


def snapshot(differences: Differences) -> Iterator[Step]:
    """Before the migration, where another image of Airflow comes."""
    before = differences.one(_SNAPSHOT, before=True)
    after = differences.one(_SNAPSHOT, before=False)
    if after is None or (before is not None and before.get("Image") == after.get("Image")):
        return
    kept = int(str(after.get("Kept", "0")))
    if not kept:
        yield Step(
            name="snapshot of the database",
            happens="none is taken: database.snapshots_before_migration is 0",
            stops="nothing",
            longest="no time",
            back="point-in-time recovery alone. Set database.snapshots_before_migration before you deploy",
            goes_back=False,
        )
        return
    yield Step(
        name="snapshot of the database",
        happens=f"a manual snapshot of the Aurora cluster is taken and waited for; the {kept} youngest are kept",
        stops="nothing",
        longest="55 minutes, minutes as a rule; where it fails, the deployment ends before anything is migrated",
        back="it is the way back (docs/upgrade.md)",
    )


def migration(differences: Differences) -> Iterator[Step]:
    """The Job, before the servers."""
    before, after = differences.upgrade.before.airflow, differences.upgrade.after.airflow
    kind = change(before, after)
    if kind is Change.NONE and not differences.has_object("Job"):
        return
    stays = kind in (Change.NONE, Change.PATCH)
    yield Step(
        name="migration",
        happens="the Job airflow-setup-… migrates the database, brings permissions up to date, makes the administrator",
        stops="nothing, as a rule" if stays else "servers of the older version that use a table which it changes",
        longest=f"{_release_minutes(differences) + _SETUP_MINUTES} minutes, after which the deployment goes back; "
        "the Job tries on",
        back="nothing to take back" if kind is Change.NONE else _DOWN.format(before),
        goes_back=stays,
    )


def servers(differences: Differences) -> Iterator[Step]:
    """Schedulers, API servers, triggerers, the DAG processor, the pooler."""
    if not _airflow_changes(differences):
        return
    before, after = differences.upgrade.before.airflow, differences.upgrade.after.airflow
    yield Step(
        name="Airflow's servers",
        happens=f"Helm replaces them at once, {step(before, after)}; a new one waits for the migration, an old one "
        "goes when its replacement is ready",
        stops="nothing that has a second pod; a task that reports tries for two minutes; deferred tasks move",
        longest=f"{_release_minutes(differences)} minutes, after which Helm gives up and CloudFormation goes back",
        back="deploy the older version" if before == after else _DOWN.format(before),
        goes_back=change(before, after) in (Change.NONE, Change.PATCH),
    )


def workers(differences: Differences) -> Iterator[Step]:
    """By their own rules: no task is ended."""
    if not _airflow_changes(differences):
        return
    hours = differences.upgrade.longest_task_hours
    yield Step(
        name="workers",
        happens="each takes no further task, ends those that it has, and goes; new ones take new tasks meanwhile",
        stops="no task; pods that tasks have started run on",
        longest=f"{f'{hours} hours' if hours else 'airflow.workers.longest_task_hours'} for a task that runs; the "
        "deployment does not wait for it",
        back="as with the servers: tasks that run end where they began",
    )


def _airflow_changes(differences: Differences) -> bool:
    versions = differences.upgrade
    charts = versions.before.charts.get(RELEASE), versions.after.charts.get(RELEASE)
    return (
        RELEASE in differences.releases
        or change(versions.before.airflow, versions.after.airflow) is not Change.NONE
        or charts[0] != charts[1]
    )


def _release(name: str, release: Changed) -> str:
    before, after = str(release.before.get("Version")), str(release.after.get("Version"))
    return f"{name} {step(before, after)}" if before != after else f"{name} {after} with other values"


def _release_minutes(differences: Differences) -> int:
    release = differences.releases.get(RELEASE)
    return (_minutes(release) if release else 0) or 13


def _minutes(release: Changed) -> int:
    found = _SECONDS.fullmatch(str(release.after.get("Timeout", "")))
    return int(found[1]) // 60 if found else 0
