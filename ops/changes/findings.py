"""A comparison of templates, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ops.changes.compare import HOLDS_DATA, Comparison, Key, Resources, moved_releases
from ops.checks import Finding, Findings, failure, ok, warning

_SHOWN = 8


def counted(comparison: Comparison) -> Finding:
    """How much differs."""
    new, gone = comparison.new.keys() - comparison.old.keys(), comparison.old.keys() - comparison.new.keys()
    return ok("changes", f"{len(comparison.changed)} resources changed, {len(new)} new, {len(gone)} gone")


def replacements(comparison: Comparison) -> Findings:
    """What is refused, and what is made anew, with or without what is in it."""
    after, refused = comparison.new, comparison.refused
    replaced = {key: f"for {why}" for key, why in comparison.replaced.items() if key not in refused}
    data = {key: why for key, why in replaced.items() if after[key]["Type"] in HOLDS_DATA}
    other = {key: why for key, why in replaced.items() if key not in data}
    if refused:
        yield failure(
            "changes that AWS refuses",
            _listed(after, refused),
            "A deployment keeps what it was made with: take the change of these settings back, or make a second "
            "deployment with another `name` and move to it.",
        )
    if data:
        yield failure(
            "replacements that lose data",
            _listed(after, data),
            "Take the change of these properties back, or move the data first; `cdk diff` shows them.",
        )
    if other:
        yield warning(
            "replacements",
            _listed(after, other),
            "CloudFormation makes a new one and deletes the old one afterwards. Read `cdk diff` before you deploy.",
        )
    perhaps = {key: f"for {why}" for key, why in comparison.perhaps_replaced.items()}
    if perhaps:
        yield warning(
            "replacements, perhaps",
            _listed(after, perhaps),
            "Whether CloudFormation makes a new one depends on the values: read the property's page in its reference, "
            "and what a change set says.",
        )
    if not replaced and not refused and not perhaps:
        yield ok("replacements", "no changed property is one that replaces its resource")
    if comparison.in_two_steps:
        yield failure(
            "changes in two steps",
            f"{_listed(after, comparison.in_two_steps)}: EKS takes another version by itself only",
            "Deploy the one with the settings of the other as they were, and then the other.",
        )
    for key, sizes in comparison.volumes.items():
        yield warning(
            f"volumes of {after[key]['Properties']['Release']}",
            f"{sizes}: Kubernetes changes no volume of a StatefulSet that is there",
            "Enlarge them by hand first, as docs/metrics.md says; none becomes smaller.",
        )


def deletions(comparison: Comparison, *, chosen: bool) -> Findings:
    """What leaves the stack with what is in it. ``chosen``: by settings, which somebody means, and not by code."""
    before = comparison.old
    data = sorted(key for key in before.keys() - comparison.new.keys() if before[key]["Type"] in HOLDS_DATA)
    kept = {key: f"({before[key]['DeletionPolicy']})" for key in data if _stays(before, key)}
    lost = dict.fromkeys((key for key in data if key not in kept), "")
    if lost and chosen:
        yield warning("deletions that lose data", _listed(before, lost), "Copy what you want to keep before.")
    elif lost:
        yield failure(
            "deletions that lose data",
            _listed(before, lost),
            "If they have only another logical id now, the change of code that did it has to go back.",
        )
    if kept:
        yield warning(
            "resources that leave the stack",
            _listed(before, kept),
            "They, or a snapshot, stay in the account, and the deployment no longer uses them.",
        )


def moves(comparison: Comparison) -> Findings:
    """A release under another logical id is installed under its name, and then uninstalled under the same name."""
    for release, was, now in moved_releases(comparison):
        yield failure(
            f"release {release}",
            f"is {'/'.join(now)} now and was {'/'.join(was)}: CloudFormation would upgrade it under the new "
            "id and then uninstall it under the old one",
            "Keep the construct's path, or deploy once without the release.",
        )


def _stays(resources: Resources, key: Key) -> bool:
    return bool(resources[key].get("DeletionPolicy", "Delete") != "Delete")


def _listed(where: Resources, items: Mapping[Key, str]) -> str:
    told = [_told(where, key, why) for key, why in sorted(items.items())]
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more


def _told(where: Resources, key: Key, why: str) -> str:
    parts: Iterable[str] = (where[key]["Type"], "/".join(filter(None, key)), why)
    return " ".join(filter(None, parts))
