"""No task was lost and none ran twice: of all that ran while losses, and the upgrades after them, went on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster.load import Load

Record = Callable[[str, object], None]

_RUN_SECONDS = 900
_GOES_ON_SECONDS = 480
"""Five minutes after its last word Airflow takes a task for lost; until then it counts as one that runs."""


def test_work_goes_on_after_a_node_was_lost(load: Load, record_property: Record) -> None:
    if load.node_back is None:
        pytest.skip("no node was lost")
    load.goes_on(load.node_back, seconds=_GOES_ON_SECONDS)
    seconds = load.first_after(load.node_back)
    record_property("work goes on after s", round(seconds))
    assert seconds < _GOES_ON_SECONDS


def test_no_task_was_lost_and_none_ran_twice(load: Load, record_property: Record) -> None:
    """What counts as lost, and as run twice: see tests/cluster/executions.py."""
    if not load.runs:
        load.keep_going()
    faults = []
    for number, run_id in enumerate(load.runs, 1):
        verdict = load.verdict(run_id, seconds=_RUN_SECONDS)
        record_property(f"run {number}: tasks by tries", dict(verdict.tries))
        record_property(f"run {number}: interrupted and run again", verdict.interrupted)
        faults += [f"run {number}: {fault}" for fault in verdict.faults]
    assert not faults, "\n".join(faults)
