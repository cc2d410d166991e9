"""A stack is updated in place: what changed, what is new, what is no longer declared; and the way back of a failure."""

from __future__ import annotations

from typing import Any

import pytest

from ops.sandbox.aws import Aws
from tests.sandbox.templates import QUEUE, ROLE, create, delete, outputs, reasons, stack_of, wait

pytestmark = pytest.mark.sandbox

# Refuses whatever is told to fail, and writes down what it was asked for.
HANDLER = """
import json, os, urllib.request, boto3
def handler(event, context):
    new, old = event["ResourceProperties"], event.get("OldResourceProperties", {})
    word = " ".join(filter(None, [event["RequestType"], old.get("Is"), new["Is"]]))
    boto3.client("logs").put_log_events(logGroupName="/asked", logStreamName="asked",
        logEvents=[{"timestamp": 1795000000000, "message": event["LogicalResourceId"] + ": " + word}])
    status = "FAILED" if new["Is"] == "broken" and event["RequestType"] != "Delete" else "SUCCESS"
    answer = {"Status": status, "Reason": "as asked", "PhysicalResourceId": new.get("Id", event["LogicalResourceId"]),
              "Data": {"Is": new["Is"]}}
    url = event["ResponseURL"].replace("https://127.0.0.1", "http://127.0.0.1:" + os.environ["SANDBOX_PORT"])
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(answer).encode(), method="PUT"))
"""
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Code": {"ZipFile": HANDLER},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 20,
    },
}


def _thing(state: Any, *needs: str) -> dict[str, Any]:
    properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Is": state}
    return {"Type": "Custom::Thing", "Properties": properties, "DependsOn": list(needs)}


def _body(**things: dict[str, Any]) -> str:
    first = next(iter(things))
    return stack_of(
        {"Role": ROLE, "Function": FUNCTION, **things}, Outputs={"First": {"Value": {"Fn::GetAtt": [first, "Is"]}}}
    )


@pytest.fixture
def asked(aws: Aws) -> Any:
    """What handlers were asked for since the last look."""
    aws.call("logs", "create_log_group", logGroupName="/asked")
    aws.call("logs", "create_log_stream", logGroupName="/asked", logStreamName="asked")
    seen = 0

    def look() -> list[str]:
        nonlocal seen
        found = aws.call("logs", "get_log_events", logGroupName="/asked", logStreamName="asked", startFromHead=True)
        words = [event["message"] for event in found["events"]]
        new, seen = words[seen:], len(words)
        return new

    yield look
    aws.call("logs", "delete_log_group", logGroupName="/asked")


def _update(aws: Aws, name: str, body: str) -> dict[str, Any]:
    aws.call("cloudformation", "update_stack", StackName=name, TemplateBody=body)
    return wait(aws, name)


def test_changes_come_in_order_and_deletions_last(aws: Aws, asked: Any) -> None:
    create(aws, "moving", _body(A=_thing("one"), Old=_thing("old"), Same=_thing("same")))
    asked()
    body = _body(A=_thing({"Fn::GetAtt": ["New", "Is"]}), New=_thing("two"), Same=_thing("same"))
    stack = _update(aws, "moving", body)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert asked() == ["New: Create two", "A: Update one two", "Old: Delete old"]
    assert outputs(stack) == {"First": "two"}
    delete(aws, "moving")
    assert sorted(asked()) == ["A: Delete two", "New: Delete two", "Same: Delete same"]


def test_a_failure_takes_everything_back(aws: Aws, asked: Any) -> None:
    before = _body(A=_thing("one"), B=_thing("good", "A"))
    create(aws, "failing", before)
    asked()
    stack = _update(aws, "failing", _body(A=_thing("two"), New=_thing("new"), B=_thing("broken", "A", "New")))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("as asked" in each for each in reasons(aws, "failing"))
    words = asked()
    assert sorted(words[:2]) == ["A: Update one two", "New: Create new"]
    # The failed one too: its handler may have done half of it.
    assert words[2:] == ["B: Update good broken", "A: Update two one", "B: Update good good", "New: Delete new"]
    assert outputs(stack) == {"First": "one"}
    with pytest.raises(Exception, match="No updates are to be performed"):
        _update(aws, "failing", before)
    assert _update(aws, "failing", _body(A=_thing("three"), B=_thing("good", "A")))["StackStatus"] == "UPDATE_COMPLETE"
    delete(aws, "failing")


def test_what_stays_of_a_failure_goes_with_the_stack(aws: Aws, asked: Any) -> None:
    create(aws, "half", _body(A=_thing("one"), Old=_thing("old")))
    asked()
    body = _body(A=_thing("broken"), New=_thing("new"))
    aws.call("cloudformation", "update_stack", StackName="half", TemplateBody=body, DisableRollback=True)
    assert wait(aws, "half")["StackStatus"] == "UPDATE_FAILED"
    assert "Old: Delete old" not in asked()
    assert delete(aws, "half")["StackStatus"] == "DELETE_COMPLETE"
    assert "Old: Delete old" in asked()


def test_a_change_that_the_sandbox_does_not_know_is_refused_by_name(aws: Aws) -> None:
    create(aws, "changed", stack_of({"Queue": QUEUE}))
    named = {**QUEUE, "Properties": {"DelaySeconds": 60}}
    assert _update(aws, "changed", stack_of({"Queue": named}))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("AWS::SQS::Queue: a change of DelaySeconds" in each for each in reasons(aws, "changed"))
    delete(aws, "changed")


def test_a_change_that_may_replace_is_refused_by_name(aws: Aws) -> None:
    def named(user: str) -> str:
        admin = {"MasterUsername": user, "MasterUserPassword": "a-password"}
        database = {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql", **admin}}
        return stack_of({"Database": database})

    create(aws, "perhaps", named("someone"))
    assert _update(aws, "perhaps", named("another"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("whether a change of MasterUsername replaces it" in each for each in reasons(aws, "perhaps"))
    delete(aws, "perhaps")


def _queues(aws: Aws) -> list[str]:
    return sorted(url.rpartition("/")[2] for url in aws.call("sqs", "list_queues").get("QueueUrls", []))


def _with_queue(name: str, state: str = "good", **attributes: str) -> str:
    queue = {**QUEUE, "Properties": {"QueueName": name}, **attributes}
    return _body(Seen=_thing({"Fn::GetAtt": ["Queue", "QueueName"]}), Queue=queue, After=_thing(state, "Seen", "Queue"))


def test_what_cannot_change_is_replaced_and_the_old_one_goes_last(aws: Aws, asked: Any) -> None:
    create(aws, "replacing", _with_queue("first"))
    asked()
    assert _update(aws, "replacing", _with_queue("second"))["StackStatus"] == "UPDATE_COMPLETE"
    assert (asked(), _queues(aws)) == (["Seen: Update first second"], ["second"])
    events = aws.call("cloudformation", "describe_stack_events", StackName="replacing")["StackEvents"]
    told = [event["ResourceStatus"] for event in reversed(events) if event["LogicalResourceId"] == "Queue"]
    assert told[-5:] == ["UPDATE_IN_PROGRESS"] * 2 + ["UPDATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    # On the way back the new one goes, and who refers to it has the old one again.
    assert _update(aws, "replacing", _with_queue("third", "broken"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (asked()[-2:], _queues(aws)) == (["Seen: Update third second", "After: Update good good"], ["second"])
    kept = _with_queue("fourth", UpdateReplacePolicy="Retain")
    assert _update(aws, "replacing", kept)["StackStatus"] == "UPDATE_COMPLETE"
    assert _queues(aws) == ["fourth", "second"]
    assert delete(aws, "replacing")["StackStatus"] == "DELETE_COMPLETE"
    assert _queues(aws) == ["second"]
    (url,) = aws.call("sqs", "list_queues")["QueueUrls"]
    aws.call("sqs", "delete_queue", QueueUrl=url)


def test_a_replacement_under_the_same_name_is_refused(aws: Aws) -> None:
    def named(path: str) -> str:
        return stack_of({"Role": {**ROLE, "Properties": {**ROLE["Properties"], "RoleName": "kept", "Path": path}}})

    create(aws, "named", named("/a/"))
    assert _update(aws, "named", named("/b/"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (reason,) = reasons(aws, "named")
    assert reason.startswith("CloudFormation cannot update a stack when a custom-named resource requires replacing.")
    assert reason.endswith("Rename kept and update the stack again.")
    assert aws.call("iam", "get_role", RoleName="kept")["Role"]["Path"] == "/a/"
    delete(aws, "named")


def test_a_custom_resource_with_another_id_is_another_resource(aws: Aws, asked: Any) -> None:
    def body(id_: str, state: str = "good") -> str:
        thing = _thing(id_)
        thing["Properties"]["Id"] = id_
        return _body(A=thing, B=_thing(state, "A"))

    create(aws, "identities", body("one"))
    asked()
    assert _update(aws, "identities", body("two"))["StackStatus"] == "UPDATE_COMPLETE"
    assert asked() == ["A: Update one two", "A: Delete one"]
    assert _update(aws, "identities", body("three", "broken"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    words = asked()
    assert words[0] == "A: Update two three"
    assert words[2:] == ["A: Update three two", "B: Update good good", "A: Delete three"]
    delete(aws, "identities")


def test_nested_stacks_are_updated_and_rolled_back_with_their_parent(aws: Aws, asked: Any) -> None:
    aws.call("s3", "create_bucket", Bucket="nested", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    def parent(state: str, after: str) -> str:
        inner = stack_of(
            {"Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Ref": "Handler"}, "Is": state}}},
            Parameters={"Handler": {"Type": "String"}},
        )
        aws.call("s3", "put_object", Bucket="nested", Key=state, Body=inner)
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": f"https://s3.us-west-2.amazonaws.com/nested/{state}",
                "Parameters": {"Handler": {"Fn::GetAtt": ["Function", "Arn"]}},
            },
        }
        return _body(After=_thing(after, "Nested"), Nested=nested)

    create(aws, "parent", parent("one", "good"))
    asked()
    assert _update(aws, "parent", parent("two", "broken"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    # Side by side on the way back, where neither needs the other; here the outer one needs the nested one.
    assert asked() == [
        "Thing: Update one two",
        "After: Update good broken",
        "Thing: Update two one",
        "After: Update good good",
    ]
    assert _update(aws, "parent", parent("two", "good"))["StackStatus"] == "UPDATE_COMPLETE"
    assert asked() == ["Thing: Update one two"]
    delete(aws, "parent")
    aws.call("s3", "delete_object", Bucket="nested", Key="one")
    aws.call("s3", "delete_object", Bucket="nested", Key="two")
    aws.call("s3", "delete_bucket", Bucket="nested")
