"""The function that takes snapshots, against services that answer as they are told."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from airflow_eks.handlers import patience, snapshot
from tests.constructs.airflow_eks.handlers.events import Answers, error, event, in_state

ROOT = "arn:aws:cloudformation:us-west-2:123456789012:stack/airflow/0123"
CLUSTER = "airflow-0123abcd"
WANTED = {"Cluster": CLUSTER, "Image": "apache/airflow:3.4.0", "Version": "3.4.0", "Kept": "2", "Removed": "true"}
OLD = {**WANTED, "Image": "apache/airflow:3.3.2", "Version": "3.3.2"}
NAME = f"{CLUSTER}-before-3-4-0-0a1b2c3d"
UPDATING = [in_state("UPDATE_IN_PROGRESS")]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time goes by while the function sleeps, and at no other time."""
    now = [1_795_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "taker")
    return now


def asked(kind: str = "Update", old: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    old_properties = {"OldResourceProperties": OLD if old is None else old} if kind == "Update" else {}
    return {**event(kind, **{**WANTED, **more}), "RequestId": "0A1B2C3D-4e5f", **old_properties}


def there(*snapshots: tuple[str, str, str]) -> dict[str, Any]:
    """A page of snapshots: name, state, day."""
    return {
        "DBClusterSnapshots": [
            {"DBClusterSnapshotIdentifier": name, "Status": status, "SnapshotCreateTime": day}
            for name, status, day in snapshots
        ]
    }


def run(given: dict[str, Any], answers: Answers) -> str | None:
    return snapshot.handle(given, answers, ROOT)


def test_one_is_taken_when_the_image_changes() -> None:
    answers = Answers(describe_stacks=UPDATING, describe_db_cluster_snapshots=[there((NAME, "available", "1"))])
    tags = [{"Key": "airflow-eks/deployment", "Value": "airflow"}]
    assert run(asked(Tags=tags), answers) == f"{NAME} is there"
    expected = {"DBClusterIdentifier": CLUSTER, "DBClusterSnapshotIdentifier": NAME, "Tags": tags}
    assert answers.changes() == [("create_db_cluster_snapshot", expected)]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (asked(old=WANTED), "UPDATE_IN_PROGRESS"),
        (asked(old=WANTED, Kept="3"), "UPDATE_IN_PROGRESS"),
        (asked(Kept="0"), "UPDATE_IN_PROGRESS"),
        (asked("Create"), "CREATE_IN_PROGRESS"),
        (asked(), "UPDATE_ROLLBACK_IN_PROGRESS"),
        (asked("Delete"), "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        (asked("Delete", Removed="false"), "DELETE_IN_PROGRESS"),
    ],
    ids=["same image", "another number", "none wanted", "first deployment", "way back", "update", "kept"],
)
def test_and_at_no_other_time(given: dict[str, Any], state: str) -> None:
    found = there((NAME, "available", "1"))
    answers = Answers(describe_stacks=[in_state(state)], describe_db_cluster_snapshots=[found])
    assert run(given, answers)
    assert answers.changes() == []


def test_none_when_the_root_goes_back_and_the_nested_stack_does_not_know_it_yet() -> None:
    answers = Answers(describe_stacks=[in_state("UPDATE_IN_PROGRESS"), in_state("UPDATE_ROLLBACK_IN_PROGRESS")])
    run(asked(), answers)
    assert answers.changes() == []


def test_a_deployment_from_before_there_was_this_has_one_taken() -> None:
    answers = Answers(describe_stacks=UPDATING, describe_db_cluster_snapshots=[there((NAME, "available", "1"))])
    run(asked("Create"), answers)
    assert [name for name, _ in answers.changes()] == ["create_db_cluster_snapshot"]


def test_the_same_request_takes_no_second_one() -> None:
    answers = Answers(
        describe_stacks=UPDATING,
        create_db_cluster_snapshot=[error("DBClusterSnapshotAlreadyExistsFault")],
        describe_db_cluster_snapshots=[there((NAME, "available", "1"))],
    )
    assert run(asked(), answers) == f"{NAME} is there"


@pytest.mark.parametrize("version", ["3.4.0", "3.4.0-0123456789ab", "3.4.0rc1_LOCAL.", "x" * 80])
def test_its_name_is_one_that_rds_takes(version: str) -> None:
    answers = Answers()
    longest = "a" * 20 + "-0123abcd"
    name = snapshot.Snapshots(answers, longest, lambda: True).take(version, "0A1B2C3D-4e5f", [])
    assert name.startswith(f"{longest}-before-")
    assert name.endswith("-0a1b2c3d")
    assert len(name) <= 63
    assert "--" not in name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_the_youngest_stay() -> None:
    names = {day: f"{CLUSTER}-before-{day}" for day in ("1", "2", "3")}
    found = there(
        *((name, "available", day) for day, name in names.items()),
        (NAME, "available", "4"),
        (f"{CLUSTER}-by-hand", "available", "0"),
    )
    answers = Answers(describe_stacks=UPDATING, describe_db_cluster_snapshots=[found])
    run(asked(), answers)
    deleted = [given["DBClusterSnapshotIdentifier"] for name, given in answers.changes() if name.startswith("delete")]
    assert deleted == [names["2"], names["1"]]


def test_a_snapshot_that_fails_stops_the_deployment() -> None:
    answers = Answers(describe_stacks=UPDATING, describe_db_cluster_snapshots=[there((NAME, "failed", "1"))])
    with pytest.raises(RuntimeError, match="Nothing was migrated"):
        run(asked(), answers)


def test_a_full_account_is_told_what_to_do() -> None:
    answers = Answers(describe_stacks=UPDATING, create_db_cluster_snapshot=[error("SnapshotQuotaExceeded")])
    with pytest.raises(RuntimeError, match=r"database\.snapshots_before_migration=0"):
        run(asked(), answers)


def test_a_database_that_changes_is_asked_again(clock: list[float]) -> None:
    begun = clock[0]
    answers = Answers(
        describe_stacks=UPDATING,
        create_db_cluster_snapshot=[error("InvalidDBClusterStateFault"), {}],
        describe_db_cluster_snapshots=[there((NAME, "available", "1"))],
    )
    run(asked(), answers)
    assert clock[0] - begun == patience.PAUSE_SECONDS


def _to_its_end(given: dict[str, Any], answers: Answers) -> None:
    while run(given, answers) is None:
        pass


def test_what_takes_longer_than_a_function_may_run_is_gone_on_with(clock: list[float]) -> None:
    begun = clock[0]
    answers = Answers(describe_stacks=UPDATING, describe_db_cluster_snapshots=[there((NAME, "creating", "1"))])
    assert run(asked(), answers) is None
    assert clock[0] - begun < 15 * 60
    [_, (name, given)] = answers.changes()
    assert (name, given["FunctionName"], given["InvocationType"]) == ("invoke", "taker", "Event")
    again = json.loads(given["Payload"])
    assert again == {**asked(), "Begun": begun}
    # And so on, for as long as CloudFormation waits and no longer.
    with pytest.raises(TimeoutError, match="nothing was migrated"):
        _to_its_end(again, answers)
    assert clock[0] - begun < 60 * 60


def test_all_of_them_go_with_the_deployment() -> None:
    mine = [(f"{CLUSTER}-before-{each}", "available", each) for each in ("1", "2")]
    found = there(*mine, (f"{CLUSTER}-by-hand", "available", "0"))
    gone = [error("DBClusterSnapshotNotFoundFault"), {}]
    answers = Answers(
        describe_stacks=[in_state("DELETE_IN_PROGRESS")],
        describe_db_cluster_snapshots=[found],
        delete_db_cluster_snapshot=gone,
    )
    assert run(asked("Delete"), answers) == "2 deleted"
    deleted = {given["DBClusterSnapshotIdentifier"] for _, given in answers.changes()}
    assert deleted == {name for name, _, _ in mine}


def test_one_that_is_being_taken_is_waited_for() -> None:
    young = f"{CLUSTER}-before-1"
    creating, done = there((young, "creating", "1")), there((young, "available", "1"))
    pages = iter([creating, creating, done])

    class Paged(Answers):
        def get_paginator(self, operation: str) -> Any:
            self.answers[operation] = [next(pages)]
            return super().get_paginator(operation)

    answers = Paged(describe_stacks=[in_state("DELETE_IN_PROGRESS")])
    assert run(asked("Delete"), answers) == "1 deleted"
