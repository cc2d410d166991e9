"""What preflight says of a change of a deployment that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.assembly import read_assembly
from ops.checks import NotCheckedError
from ops.report import Result, Status
from ops.synthesis import synthesized
from tests.ops.accounts import Account
from tests.ops.upgrade_kit import platform, synthesize

ROOT, NESTED = "arn:root", "arn:nested"
ID = "OneNestedStackOneNestedStackResource1"


class Change:
    """A deployment that is there, and what would be deployed over it."""

    def __init__(self, account: Account, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.account, self.before, self.after = account, platform(), platform()
        self._monkeypatch, self._folder = monkeypatch, folder
        self.asked: list[tuple[str, ...]] = []

    def results(self, *context: str) -> dict[str, Result]:
        """Those that are about the change."""
        templates = {
            ROOT: {"Resources": {ID: {"Type": "AWS::CloudFormation::Stack", "Properties": {}}}},
            NESTED: {"Resources": self.before},
        }
        within = {ROOT: [(ID, NESTED)], NESTED: [("Lost", "")]}
        give = self.account.answers.give
        give("cloudformation", "DescribeStacks", {"Stacks": [{"StackId": ROOT, "StackStatus": "UPDATE_COMPLETE"}]})
        give("cloudformation", "GetTemplate", lambda asked: {"TemplateBody": templates[asked["StackName"]]})
        give("cloudformation", "ListStackResources", lambda asked: {
            "StackResourceSummaries": [
                {"LogicalResourceId": id_, "ResourceType": "AWS::CloudFormation::Stack", "ResourceStatus": "",
                 "PhysicalResourceId": physical}
                for id_, physical in within[asked["StackName"]]
            ]
        })  # fmt: skip
        self._monkeypatch.setattr("ops.preflight.subject.synthesized", self._synthesized)
        found = [each for each in self.account.results(*context).values() if each.group == "Changes"]
        return {result.check: result for result in found}

    def _synthesized(self, context: tuple[str, ...], *, name: str) -> Any:
        self.asked.append((name, *context))
        return read_assembly(synthesize(self._folder, self.after))


@pytest.fixture
def change(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Change:
    """A change of nothing."""
    return Change(account, monkeypatch, tmp_path)


def test_nothing_changes(change: Change) -> None:
    results = change.results()
    assert {result.status for result in results.values()} == {Status.OK}
    assert results["changes"].found == "0 resources changed, 0 new, 0 gone"


def test_what_is_synthesized_has_the_settings_of_the_command_line(change: Change) -> None:
    change.results("size=small")
    assert change.asked == [("airflow", "region=us-west-2", "size=small")]


def test_a_first_deployment_changes_nothing(account: Account) -> None:
    assert not [each for each in account.results().values() if each.group == "Changes"]


def test_what_aws_refuses(change: Change) -> None:
    change.after["Vpc"]["Properties"]["CidrBlock"] = "10.1.0.0/16"
    refused = change.results()["changes that AWS refuses"]
    assert refused.status is Status.FAILURE
    assert "AWS::EC2::VPC One/Vpc for CidrBlock" in refused.found
    assert "another `name`" in refused.advice


def test_what_goes_by_a_setting_is_meant(change: Change) -> None:
    change.before["Bucket"] = {"Type": "AWS::S3::Bucket"}
    gone = change.results()["deletions that lose data"]
    assert (gone.status, gone.found) == (Status.WARNING, "AWS::S3::Bucket One/Bucket")


def test_an_application_that_does_not_synthesize(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_self: Change, _context: object, **_: object) -> None:
        raise NotCheckedError("the application does not synthesize: why")

    monkeypatch.setattr(Change, "_synthesized", fails)
    unknown = change.results()["changes"]
    assert (unknown.status, unknown.found) == (Status.WARNING, "the application does not synthesize: why")


@pytest.mark.thorough
def test_the_application_is_synthesized_as_the_cdk_does() -> None:
    assembly = synthesized(["name=other", "size=dev", "region=eu-central-1"], name="other")
    assert (assembly.root.name, assembly.region) == ("other", "eu-central-1")
    with pytest.raises(NotCheckedError, match="size = huge: must be dev, small, medium or large"):
        synthesized(["size=huge"], name="airflow")
