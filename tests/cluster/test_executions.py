"""The verdict on what ran, without a cluster."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.cluster.executions import Execution, judge

AT = datetime(2026, 1, 1, tzinfo=UTC)


def _ran(number: int, *, tried: int = 1, ended: bool = True, identifier: str = "a") -> Execution:
    return Execution(number=number, try_number=tried, identifier=identifier, began=AT, ended=AT if ended else None)


def _said(number: int, *, state: str = "success", tries: int = 1) -> dict[str, object]:
    return {"map_index": number, "state": state, "try_number": tries}


def test_each_once_is_well() -> None:
    verdict = judge([_ran(0), _ran(1)], [_said(0), _said(1)], count=2)
    assert not verdict.faults
    assert not verdict.interrupted
    assert verdict.tries == {1: 2}


def test_an_interrupted_one_that_a_later_try_ended_is_well_and_told() -> None:
    verdict = judge([_ran(0, ended=False), _ran(0, tried=2)], [_said(0, tries=2)], count=1)
    assert not verdict.faults
    assert verdict.interrupted == ["task 0: try 1 began 00:00:00"]


def test_one_that_failed_is_lost_and_so_is_one_that_is_not_there() -> None:
    verdict = judge([_ran(0, ended=False)], [_said(0, state="failed")], count=2)
    assert verdict.lost == ["task 0 is failed; try 1 began 00:00:00", "task 1 is not there; it never began"]


def test_a_success_that_never_ran_is_lost() -> None:
    assert judge([], [_said(0)], count=1).lost == [
        "task 0 has not ended, though Airflow calls it a success; it never began"
    ]


def test_two_that_ended_ran_twice() -> None:
    assert judge([_ran(0), _ran(0, tried=2)], [_said(0, tries=2)], count=1).twice


def test_one_try_that_began_twice_ran_twice() -> None:
    assert judge([_ran(0, ended=False), _ran(0, identifier="b")], [_said(0)], count=1).twice
