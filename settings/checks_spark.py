"""Checks between settings of Spark: what a team may ask for must be of use, and there must be room for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings import capacity
from settings.errors import Contradiction
from settings.quantities import cores, gibibytes

if TYPE_CHECKING:
    from settings.model import Settings
    from settings.spark import TeamSettings


def check_spark(settings: Settings) -> Iterator[Contradiction]:
    """Where teams are missing, or a quota is too small for any application or larger than all nodes."""
    if not settings.addons.spark_operator:
        if settings.spark.history_server:
            allowed = "there is no Spark to show: addons.spark_operator is false; switch one of the two"
            yield Contradiction("spark.history_server", True, allowed)
        return
    if not settings.spark.teams:
        allowed = "name one team at least, or set addons.spark_operator to false"
        yield Contradiction("spark.teams", "{}", allowed)
    for name, team in settings.spark.teams.items():
        yield from _team(f"spark.teams.{name}", team, settings.spark.max_vcpus)


def _team(key: str, team: TeamSettings, max_vcpus: int) -> Iterator[Contradiction]:
    least = capacity.LEAST_SPARK_TEAM
    small = "the smallest application, a driver and one executor, needs {} at least"
    if cores(team.cpu) < least.vcpus:
        yield Contradiction(f"{key}.cpu", team.cpu, small.format(least.vcpus))
    if gibibytes(team.memory) < least.memory_gib:
        yield Contradiction(f"{key}.memory", team.memory, small.format(f"{least.memory_gib}Gi"))
    if team.pods < capacity.LEAST_SPARK_PODS:
        yield Contradiction(f"{key}.pods", team.pods, small.format(capacity.LEAST_SPARK_PODS))
    room = capacity.spark_room(max_vcpus)
    if cores(team.cpu) > room.vcpus:
        allowed = (
            f"all nodes for Spark have {room.vcpus} vCPUs together; raise spark.max_vcpus, which is {max_vcpus}, or "
            "lower this"
        )
        yield Contradiction(f"{key}.cpu", team.cpu, allowed)
    if gibibytes(team.memory) > room.memory_gib:
        allowed = (
            f"all nodes for Spark have {room.memory_gib}Gi together; raise spark.max_vcpus, which is {max_vcpus}, or "
            "lower this"
        )
        yield Contradiction(f"{key}.memory", team.memory, allowed)
