"""Composite alarms."""

from __future__ import annotations

from moto.cloudwatch.responses import CloudWatchResponse


def apply() -> None:
    """Moto keeps and describes composite alarms, and takes their rule, but knows no call that makes one."""
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm  # type: ignore[attr-defined]
