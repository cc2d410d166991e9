"""Packages of one's own, against the constraints of the Airflow to come."""

from __future__ import annotations

from ops.checks import Findings, NotCheckedError, failure, ok
from ops.errors import OpsError
from ops.image.conflicts import resolve
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import Change, change
from settings.packages import read_packages

_CHECK = "packages"


def packages(upgrade: Upgrade) -> Findings:
    """Whether an image with them can be built for the new version.

    Raises NotCheckedError where its constraints cannot be had.
    """
    after = upgrade.after.airflow
    if upgrade.requirements is None:
        return
    if change(upgrade.before.airflow, after) is Change.NONE:
        yield ok(_CHECK, f"{upgrade.requirements}: Airflow is unchanged")
        return
    files = upgrade.constraints
    try:
        pins = files.pins(after, files.after)
    except NotCheckedError as error:
        raise NotCheckedError(str(error), f"Before you deploy: python -m ops image --check. {error.advice}") from None
    try:
        resolve(read_packages(upgrade.requirements), pins, python=files.python)
    except OpsError as error:
        yield failure(_CHECK, str(error), "Change the file until `python -m ops image --check` passes.")
    else:
        told = f"{upgrade.requirements} goes with Airflow {after}. Its image is another one"
        yield ok(_CHECK, f"{told}: run `python -m ops image` before you deploy")
