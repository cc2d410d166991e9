"""Who has to give way where a node is short of something: workers before servers.

The kubelet evicts by priority where memory or disk run out, and the scheduler makes room for what waits by it.
https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
"""

from __future__ import annotations

from typing import Any

_RELEASE_PREFIX = "airflow"  # the chart puts the release's name before a class's own
_SERVICES, _WORKERS = "services", "workers"

SERVICES = {"priorityClassName": f"{_RELEASE_PREFIX}-{_SERVICES}"}
"""Of everything that tasks depend on."""
WORKERS = {"priorityClassName": f"{_RELEASE_PREFIX}-{_WORKERS}"}
"""Of what runs tasks. It never pushes anything else out: a worker that waits gets a node."""


def priority_classes() -> list[dict[str, Any]]:
    """The chart's ``priorityClasses``."""
    return [
        {"name": _SERVICES, "value": 1_000_000, "preemptionPolicy": "PreemptLowerPriority"},
        {"name": _WORKERS, "value": 100_000, "preemptionPolicy": "Never"},
    ]
