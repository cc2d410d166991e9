"""The versions of one side of an upgrade, and how far two versions are apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from packaging.version import InvalidVersion, Version

from ops.errors import OpsError
from settings import Releases

AURORA, QUEUE = "Aurora PostgreSQL", "Queue"


@dataclass(frozen=True, kw_only=True)
class Versions:
    """What is deployed, or would be."""

    source: str
    """Who says so, for the report."""
    airflow: str
    kubernetes: str
    charts: Mapping[str, str]
    """By the key in settings/releases.yaml."""
    engines: Mapping[str, str]
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Kubernetes version of nodes, by what tells it: the node group, a node."""
    unknown_nodes: str = ""
    """Why the nodes of Karpenter are not among them."""


class Change(StrEnum):
    """What a change of versions is."""

    NONE = "unchanged"
    PATCH = "a patch release"
    MINOR = "a minor release"
    MAJOR = "a major release"
    DOWN = "a step back"


def change(before: str, after: str) -> Change:
    """How far apart two versions are. Raises OpsError where one is no version."""
    old, new = parse(before), parse(after)
    if new == old:
        return Change.NONE
    if new < old:
        return Change.DOWN
    if new.major != old.major:
        return Change.MAJOR
    return Change.MINOR if new.minor != old.minor else Change.PATCH


def parse(version: str) -> Version:
    """A version to compare. Raises OpsError where it is none."""
    try:
        return Version(version)
    except InvalidVersion:
        raise OpsError(f"{version!r} is no version that can be compared, like 3.2.2 or v1.36") from None


def step(before: str, after: str) -> str:
    """``before → after``, or the one where both are the same."""
    return before if before == after else f"{before} → {after}"


def of_releases(
    releases: Releases, *, charts: Collection[str], kubernetes: str, aurora: str, queue: str, source: str
) -> Versions:
    """What a table of releases comes to with these of its charts: the settings switch others off.

    ``aurora`` is the database's major version, ``queue`` the name of the queue's engine.
    """
    return Versions(
        source=source,
        airflow=releases.images["airflow"].tag,
        kubernetes=kubernetes,
        charts={key: chart.version for key, chart in releases.charts.items() if key in charts},
        engines={AURORA: releases.engines.aurora(aurora), QUEUE: releases.engines.queue(queue)},
    )


def of_table(table: Any, *, kubernetes: str | None, source: str) -> Versions:
    """What another revision's table of releases comes to; its form may be an older one.

    Raises OpsError where it is no such table.
    """
    try:
        return Versions(
            source=source,
            airflow=str(table["images"]["airflow"]["tag"]),
            kubernetes=str(kubernetes or table["kubernetes"]["default"]),
            charts={key: str(chart["version"]) for key, chart in table["charts"].items()},
            engines={
                AURORA: str(table["engines"]["aurora_postgresql"]),
                # Older tables know Redis alone.
                QUEUE: str(table["engines"].get("valkey") or table["engines"]["redis"]),
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise OpsError(f"{source} is no settings/releases.yaml: {error} is missing or of another form") from None
