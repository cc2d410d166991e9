"""Providers: what of them changes with Airflow's constraints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ops.checks import Findings, NotCheckedError, ok, warning
from ops.upgrade.pins import Pins, read_pins
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import Change, change, step

_PREFIX = "apache-airflow-providers-"
_SHOWN = 15

USED = ("amazon", "celery", "cncf-kubernetes", "fab", "git", "postgres", "redis", "standard")
"""What the platform itself uses; DAGs may use any."""


def providers(upgrade: Upgrade) -> Findings:
    """Providers that change, the large steps first."""
    files, check = upgrade.constraints, "providers"
    given = files.before is not None or files.after is not None
    if change(upgrade.before.airflow, upgrade.after.airflow) is Change.NONE and not given:
        yield ok(check, f"unchanged: the constraints of Airflow {upgrade.after.airflow}")
        return
    try:
        before = files.pins(upgrade.before.airflow, files.before)
        after = files.pins(upgrade.after.airflow, files.after)
    except NotCheckedError:
        if files.requirements_before is None or files.requirements_after is None:
            raise
        # Both revisions pin what the platform uses for their tests, at the versions of the image.
        before = read_pins(files.requirements_before, f"requirements-airflow.txt of {upgrade.before.source}")
        after = read_pins(files.requirements_after, "requirements-airflow.txt")
        yield from _compare(before, after)
        raise
    yield from _compare(before, after)


def _compare(before: Pins, after: Pins) -> Findings:
    old, new = _providers(before), _providers(after)
    steps = {name: change(old[name], new[name]) for name in sorted(old.keys() & new.keys())}
    large = [name for name, kind in steps.items() if kind in (Change.MAJOR, Change.DOWN)]
    small = [name for name, kind in steps.items() if kind in (Change.MINOR, Change.PATCH)]
    gone = sorted(old.keys() - new.keys())
    if large:
        yield warning(
            "providers with breaking changes",
            _listed(f"{name} {step(old[name], new[name])}" for name in _used_first(large)),
            "Read their changelogs for what your DAGs use; the platform itself uses "
            f"{', '.join(name for name in USED if name in large) or 'none of these'}.",
        )
    if gone:
        yield warning(
            "providers that are gone",
            ", ".join(gone),
            "DAGs that import them fail: name them in the file of airflow.requirements (docs/packages.md).",
        )
    yield ok(
        "providers",
        f"{len(small)} with smaller changes{_in_brackets(small, old, new)}, {len(new.keys() - old.keys())} new, "
        f"{sum(kind is Change.NONE for kind in steps.values())} unchanged ({before.source} → {after.source})",
    )


def _providers(pins: Pins) -> dict[str, str]:
    return {name.removeprefix(_PREFIX): version for name, version in pins.versions.items() if name.startswith(_PREFIX)}


def _used_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name not in USED, name))


def _in_brackets(names: Iterable[str], old: Mapping[str, str], new: Mapping[str, str]) -> str:
    used = [f"{name} {step(old[name], new[name])}" for name in names if name in USED]
    return f" (of those that the platform uses: {', '.join(used)})" if used else ""


def _listed(items: Iterable[str]) -> str:
    told = list(items)
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return ", ".join(told[:_SHOWN]) + more
