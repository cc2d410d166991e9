"""Which images are to be built, of those that the settings ask for, and where their sources come from."""

from __future__ import annotations

from collections.abc import Sequence

from ops.errors import OpsError
from ops.image.bake import mirrored
from settings import Settings
from settings.errors import nearest
from settings.registry import AIRFLOW
from settings.types import either


def chosen(settings: Settings, only: Sequence[str]) -> list[str]:
    """Names of builds, Airflow's first. Raises OpsError where there is none, or where ``only`` names another."""
    asked = [*([AIRFLOW] if settings.airflow.requirements is not None else []), *settings.images.built]
    if not asked:
        raise OpsError(
            "airflow.requirements is not set and images.built names nothing: no image needs building "
            "(docs/packages.md, docs/build-images.md)"
        )
    for name in only:
        if name not in asked:
            raise OpsError(f"--only {name}: the settings ask for {either(asked)}{nearest(name, asked)}")
    return [name for name in asked if not only or name in only]


def mirrors_of(names: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """Variables and places of ``VARIABLE=URL``. Raises OpsError where a build has no such variable."""
    variables = [variable for name in names if name != AIRFLOW for variable in mirrored(name)]
    mirrors = {}
    for each in given:
        variable, _, place = each.partition("=")
        if variable not in variables:
            allowed = either(variables) if variables else "nothing: no source is fetched"
            raise OpsError(f"--mirror {each}: the variable is {allowed}")
        if not place.startswith("https://"):
            raise OpsError(f"--mirror {each}: the place is an https:// URL")
        mirrors[variable] = place
    return mirrors
