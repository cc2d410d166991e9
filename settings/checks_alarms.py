"""Checks between settings of alarms: what the partition offers, and that somebody reads what is published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.errors import Contradiction

if TYPE_CHECKING:
    from settings.model import Settings


def check_alarms(settings: Settings) -> Iterator[Contradiction]:
    """Refuse a chat where there is none, and metrics that nobody would look at."""
    alarms = settings.alarms
    if alarms.slack and not settings.facts.chat:
        allowed = f"AWS offers no chat in {settings.partition}; leave alarms.slack out, and use alarms.emails"
        yield Contradiction("alarms.slack.channel_id", alarms.slack.channel_id, allowed)
    if alarms.monthly_budget and settings.region in settings.facts.without_budgets:
        allowed = (
            f"CloudFormation makes no budget in {settings.region}; leave it out, and make one in the billing console"
        )
        yield Contradiction("alarms.monthly_budget", alarms.monthly_budget, allowed)
    if settings.addons.alarm_metrics and not alarms.enabled:
        allowed = "addons.alarm_metrics publishes what only alarms read; switch it off too, or leave this on"
        yield Contradiction("alarms.enabled", False, allowed)
