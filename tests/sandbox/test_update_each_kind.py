"""Each kind of resource that a change touches, with what AWS has of it before, after, and after a failure."""

from __future__ import annotations

import pytest

from ops.sandbox.aws import Aws
from tests.sandbox.changing_kinds import CASES, Case, Properties
from tests.sandbox.templates import LOG_GROUP, TAKEN, create, delete, describe, outputs, reasons, stack_of, wait

pytestmark = pytest.mark.sandbox

# On the way back CloudFormation leaves the engine of a database as it has become.
_STAYS = {"a database": ("17.9", False, ["postgresql"])}
# ElastiCache makes no Redis of a Valkey: this way back there is not.
_NO_WAY_BACK = "a queue's members and engine"


def _body(case: Case, properties: Properties, *, fails: bool = False) -> str:
    resources = {**(case.beside or {}), "It": {"Type": case.type, "Properties": {**case.same, **properties}}}
    if fails:
        resources["Taken"] = {**LOG_GROUP, "DependsOn": list(resources)}
    return stack_of(resources, Outputs={"It": {"Value": {"Ref": "It"}}})


def _update(aws: Aws, body: str) -> str:
    aws.call("cloudformation", "update_stack", StackName="more", TemplateBody=body)
    return str(wait(aws, "more")["StackStatus"])


@pytest.mark.parametrize("name", CASES)
def test_is_changed_and_changed_back(aws: Aws, name: str) -> None:
    case = CASES[name]
    before, after = case.shows
    made = create(aws, "more", _body(case, case.before))
    assert made["StackStatus"] == "CREATE_COMPLETE", reasons(aws, "more")
    ref = outputs(made)["It"]
    assert case.seen(aws, ref) == before
    aws.call("logs", "create_log_group", logGroupName=TAKEN)
    back = _update(aws, _body(case, case.after, fails=True))
    if name == _NO_WAY_BACK:
        assert back == "UPDATE_ROLLBACK_FAILED"
        assert any("redis" in reason for reason in reasons(aws, "more"))
    else:
        assert back == "UPDATE_ROLLBACK_COMPLETE", reasons(aws, "more")
        assert case.seen(aws, ref) == _STAYS.get(name, before)
        assert _update(aws, _body(case, case.after)) == "UPDATE_COMPLETE", reasons(aws, "more")
        assert outputs(describe(aws, "more"))["It"] == ref
    assert case.seen(aws, ref) == after
    assert delete(aws, "more")["StackStatus"] == "DELETE_COMPLETE", reasons(aws, "more")
    aws.call("logs", "delete_log_group", logGroupName=TAKEN)
