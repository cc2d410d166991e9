"""The function that guards a deployment, against services that answer as they are told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_eks.handlers import guard
from tests.constructs.airflow_eks.handlers.events import Answers, error, event, in_state

ROOT = "arn:aws:cloudformation:us-west-2:123456789012:stack/airflow/0123"
FAILED = "ROLLBACK_IN_PROGRESS"
# Whatever else may be going on when something is deleted.
OTHERS = (
    "DELETE_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
)
BUCKET = {"Action": "EmptyBucket", "Bucket": "logs"}
DATABASE = {"Action": "DatabaseProtection", "Cluster": "airflow-0123", "Protected": "true"}
GROUP = "/aws/eks/airflow/cluster"
LIFT = {"Action": "TerminationProtection"}
PAGES = [{"Contents": [{"Key": "a"}, {"Key": "b"}]}, {"Contents": [{"Key": "c"}]}]
MAKE_WAY = {"Action": "MakeWay", "LogGroup": GROUP}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def run(kind: str, properties: dict[str, str], answers: Answers) -> str:
    return guard.handle(event(kind, **properties), answers, ROOT)


class TestTerminationProtection:
    def test_is_lifted_when_the_first_deployment_failed(self) -> None:
        answers = Answers(describe_stacks=[in_state(FAILED)])
        run("Delete", LIFT, answers)
        lifted = {"StackName": ROOT, "EnableTerminationProtection": False}
        assert answers.changes() == [("update_termination_protection", lifted)]

    @pytest.mark.parametrize("state", OTHERS)
    def test_and_at_no_other_time(self, state: str) -> None:
        answers = Answers(describe_stacks=[in_state(state)])
        for kind in ("Create", "Update", "Delete"):
            run(kind, LIFT, answers)
        assert answers.changes() == []


class TestDatabase:
    @pytest.mark.parametrize("kind", ["Create", "Update"])
    @pytest.mark.parametrize("wanted", ["true", "false"])
    def test_is_protected_as_the_setting_says(self, kind: str, wanted: str) -> None:
        answers = Answers()
        run(kind, {**DATABASE, "Protected": wanted}, answers)
        expected = {"DBClusterIdentifier": "airflow-0123", "DeletionProtection": wanted == "true"}
        assert answers.changes() == [("modify_db_cluster", expected)]

    @pytest.mark.parametrize("state", [FAILED, "DELETE_IN_PROGRESS"])
    def test_is_let_go_with_the_stack(self, state: str) -> None:
        answers = Answers(describe_stacks=[in_state(state)])
        run("Delete", DATABASE, answers)
        [(_, given)] = answers.changes()
        assert given["DeletionProtection"] is False

    def test_stays_protected_when_an_update_is_taken_back(self) -> None:
        answers = Answers(describe_stacks=[in_state("UPDATE_ROLLBACK_IN_PROGRESS")])
        run("Delete", DATABASE, answers)
        assert answers.changes() == []

    def test_that_is_gone_needs_nothing(self) -> None:
        gone = error("DBClusterNotFoundFault")
        assert "no database" in run(
            "Delete", DATABASE, Answers(describe_stacks=[in_state(FAILED)], modify_db_cluster=[gone])
        )
        with pytest.raises(ClientError):
            run("Create", DATABASE, Answers(modify_db_cluster=[gone]))

    @pytest.mark.parametrize("code", ["InvalidDBClusterStateFault", "AccessDenied"])
    def test_is_asked_again_while_it_changes_or_the_permission_is_new(self, code: str, pauses: list[float]) -> None:
        answers = Answers(modify_db_cluster=[error(code), error(code), {}])
        assert run("Create", DATABASE, answers).endswith("is on")
        assert pauses == [10, 10]

    def test_is_not_asked_for_ever(self, pauses: list[float]) -> None:
        with pytest.raises(ClientError):
            run("Create", DATABASE, Answers(modify_db_cluster=[error("InvalidDBClusterStateFault")]))
        assert sum(pauses) < 12 * 60  # CloudFormation waits that long


class TestBucket:
    def test_is_emptied_when_the_first_deployment_failed(self) -> None:
        answers = Answers(describe_stacks=[in_state(FAILED)], list_objects_v2=PAGES)
        assert run("Delete", BUCKET, answers) == "3 objects of logs deleted"
        keys = [each["Key"] for _, given in answers.changes() for each in given["Delete"]["Objects"]]
        assert keys == ["a", "b", "c"]

    @pytest.mark.parametrize("state", OTHERS)
    def test_keeps_what_it_holds_at_every_other_time(self, state: str) -> None:
        answers = Answers(describe_stacks=[in_state(state)], list_objects_v2=PAGES)
        for kind in ("Create", "Update", "Delete"):
            run(kind, BUCKET, answers)
        assert answers.changes() == []

    def test_that_is_gone_is_empty(self) -> None:
        answers = Answers(describe_stacks=[in_state(FAILED)], list_objects_v2=[error("NoSuchBucket")])
        assert run("Delete", BUCKET, answers) == "0 objects of logs deleted"

    def test_that_keeps_an_object_is_not_called_empty(self) -> None:
        refused = {"Errors": [{"Key": "a", "Message": "Access Denied"}]}
        answers = Answers(describe_stacks=[in_state(FAILED)], list_objects_v2=PAGES, delete_objects=[refused])
        with pytest.raises(RuntimeError, match="a cannot be deleted"):
            run("Delete", BUCKET, answers)


class TestLogGroup:
    def _answers(self, group: dict[str, Any], *streams: tuple[int, int]) -> Answers:
        described = [{"firstEventTimestamp": first, "lastEventTimestamp": last} for first, last in streams]
        return Answers(
            describe_log_groups=[{"logGroups": [{"logGroupName": f"{GROUP}-2"}, {"logGroupName": GROUP, **group}]}],
            describe_log_streams=[{"logStreams": [*described, {}]}],
        )

    def test_of_last_words_is_taken_away(self) -> None:
        answers = self._answers({}, (0, 1000), (500, 600_000))
        run("Create", MAKE_WAY, answers)
        assert answers.changes() == [("delete_log_group", {"logGroupName": GROUP})]

    @pytest.mark.parametrize("group", [{"retentionInDays": 30}, {"kmsKeyId": "arn:key"}])
    def test_that_somebody_made_stays(self, group: dict[str, Any]) -> None:
        answers = self._answers(group)
        run("Create", MAKE_WAY, answers)
        assert answers.changes() == []

    def test_with_the_logs_of_a_cluster_stays(self) -> None:
        answers = self._answers({}, (0, 1000), (7_200_000, 7_300_000))
        run("Create", MAKE_WAY, answers)
        assert answers.changes() == []

    @pytest.mark.parametrize("kind", ["Update", "Delete"])
    def test_of_a_deployment_is_never_touched(self, kind: str) -> None:
        answers = self._answers({})
        run(kind, MAKE_WAY, answers)
        assert answers.calls == []

    def test_that_is_not_there_is_in_nobodys_way(self) -> None:
        answers = Answers(describe_log_groups=[{"logGroups": []}])
        assert run("Create", MAKE_WAY, answers).startswith("there is no")
