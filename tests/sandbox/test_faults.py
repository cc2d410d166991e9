"""What goes wrong: stacks that fail half-way, handlers that fail, and the way back from each."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.sandbox.aws import Aws
from ops.sandbox.process import Sandbox
from ops.sandbox.regions import ACCOUNT
from tests.sandbox.conftest import REGION
from tests.sandbox.templates import (
    LOG_GROUP,
    QUEUE,
    ROLE,
    TAKEN,
    create,
    delete,
    describe,
    outputs,
    reasons,
    stack_of,
)

pytestmark = pytest.mark.sandbox

HANDLER = """
import json, os, urllib.request
def handler(event, context):
    wanted = event["ResourceProperties"]["Answer"]
    if event["RequestType"] == "Create" and wanted == "raise":
        raise RuntimeError("the handler cannot")
    if event["RequestType"] == "Create" and wanted == "silence":
        return
    status = "FAILED" if wanted == event["RequestType"] else "SUCCESS"
    data = {"Type": event["RequestType"]}
    answer = {"Status": status, "Reason": "as asked", "PhysicalResourceId": "thing-1", "Data": data}
    url = event["ResponseURL"].replace("https://127.0.0.1", "http://127.0.0.1:" + os.environ["SANDBOX_PORT"])
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(answer).encode(), method="PUT"))
"""


@pytest.fixture
def taken(aws: Aws) -> Iterator[None]:
    aws.call("logs", "create_log_group", logGroupName=TAKEN)
    yield
    groups = aws.call("logs", "describe_log_groups", logGroupNamePrefix=TAKEN)["logGroups"]
    for group in groups:
        aws.call("logs", "delete_log_group", logGroupName=group["logGroupName"])


def _queues(aws: Aws) -> list[str]:
    return aws.call("sqs", "list_queues").get("QueueUrls", [])


def _with_handler(answer: str) -> str:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": HANDLER},
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.13",
            "Timeout": 20,
        },
    }
    thing = {
        "Type": "Custom::Thing",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Answer": answer},
    }
    return stack_of(
        {"Role": ROLE, "Function": function, "Thing": thing},
        Outputs={"Type": {"Value": {"Fn::GetAtt": ["Thing", "Type"]}}, "Id": {"Value": {"Ref": "Thing"}}},
    )


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cdk synth` would write for an application of one stack, whose template goes along with the call."""
    folder = tmp_path_factory.mktemp("assembly")
    template = "half-way.template.json"
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{ACCOUNT}/{REGION}",
        "properties": {"templateFile": template},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"half-way": stack}}))
    (folder / template).write_text(stack_of({"Queue": QUEUE, "LogGroup": LOG_GROUP}))
    return folder


def _cdk(server: Sandbox, command: str, assembly: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = server.environment(REGION)
    program = shutil.which("cdk", path=environment["PATH"])
    assert program is not None
    return subprocess.run(
        [program, command, "--no-notices", "--app", str(assembly), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestFailedHalfWay:
    """By the command line."""

    @pytest.mark.usefixtures("taken")
    def test_is_rolled_back_then_deployed_again(self, server: Sandbox, aws: Aws, assembly: Path) -> None:
        deploy = ("--method=direct", "--require-approval", "never")
        failed = _cdk(server, "deploy", assembly, *deploy)
        assert failed.returncode == 1
        assert "The specified log group already exists" in failed.stderr
        assert describe(aws, "half-way")["StackStatus"] == "ROLLBACK_COMPLETE"
        assert _queues(aws) == []

        aws.call("logs", "delete_log_group", logGroupName=TAKEN)
        again = _cdk(server, "deploy", assembly, *deploy)
        assert again.returncode == 0, again.stderr
        assert describe(aws, "half-way")["StackStatus"] == "CREATE_COMPLETE"
        assert len(_queues(aws)) == 1
        delete(aws, "half-way")

    @pytest.mark.usefixtures("taken")
    def test_and_left_as_it_is_can_be_destroyed(self, server: Sandbox, aws: Aws, assembly: Path) -> None:
        body = (assembly / "half-way.template.json").read_text()
        stack = create(aws, "half-way", body, DisableRollback=True)
        assert stack["StackStatus"] == "CREATE_FAILED"
        assert len(_queues(aws)) == 1

        destroyed = _cdk(server, "destroy", assembly, "--force")
        assert destroyed.returncode == 0, destroyed.stderr
        assert _queues(aws) == []
        assert describe(aws, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


class TestNestedStack:
    @pytest.fixture
    def url(self, aws: Aws) -> Iterator[str]:
        place = {"LocationConstraint": REGION}
        aws.call("s3", "create_bucket", Bucket="templates", CreateBucketConfiguration=place)
        body = stack_of(
            {"Queue": QUEUE, "LogGroup": LOG_GROUP},
            Parameters={"Zones": {"Type": "CommaDelimitedList"}},
            Outputs={"Second": {"Value": {"Fn::Select": [1, {"Ref": "Zones"}]}}, "Url": {"Value": {"Ref": "Queue"}}},
        )
        aws.call("s3", "put_object", Bucket="templates", Key="nested.json", Body=body.encode())
        yield "https://s3.us-west-2.amazonaws.com/templates/nested.json"
        aws.call("s3", "delete_object", Bucket="templates", Key="nested.json")
        aws.call("s3", "delete_bucket", Bucket="templates")

    def _outer(self, url: str) -> str:
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": url, "Parameters": {"Zones": {"Fn::GetAZs": ""}}},
        }
        second = {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Second"]}}
        return stack_of({"Role": ROLE, "Nested": nested}, Outputs={"Second": second})

    def test_gets_parameters_and_gives_outputs(self, aws: Aws, url: str) -> None:
        stack = create(aws, "outer", self._outer(url))
        assert outputs(stack) == {"Second": "us-west-2b"}
        delete(aws, "outer")
        assert _queues(aws) == []

    @pytest.mark.usefixtures("taken")
    def test_that_fails_is_rolled_back_with_the_outer_one(self, aws: Aws, url: str) -> None:
        stack = create(aws, "outer", self._outer(url))
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert any("was not successfully created" in reason for reason in reasons(aws, "outer"))
        assert _queues(aws) == []
        assert aws.call("iam", "list_roles")["Roles"] == []
        delete(aws, "outer")


class TestCustomResource:
    def test_gives_what_its_handler_answers(self, aws: Aws) -> None:
        stack = create(aws, "custom", _with_handler("SUCCESS"))
        assert outputs(stack) == {"Type": "Create", "Id": "thing-1"}
        assert delete(aws, "custom")["StackStatus"] == "DELETE_COMPLETE"

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ("Create", "as asked"),
            ("raise", "the handler cannot"),
            ("silence", "ended without an answer"),
        ],
    )
    def test_fails_with_its_handler(self, aws: Aws, answer: str, reason: str) -> None:
        stack = create(aws, "custom", _with_handler(answer), DisableRollback=True)
        assert stack["StackStatus"] == "CREATE_FAILED"
        assert any(reason in each for each in reasons(aws, "custom"))
        delete(aws, "custom")
        assert aws.call("lambda", "list_functions")["Functions"] == []

    def test_that_cannot_be_deleted_keeps_the_stack(self, aws: Aws) -> None:
        create(aws, "stuck", _with_handler("Delete"))
        assert delete(aws, "stuck")["StackStatus"] == "DELETE_FAILED"
        assert any("as asked" in each for each in reasons(aws, "stuck"))


def test_protected_stack_is_not_deleted(aws: Aws) -> None:
    create(aws, "protected", stack_of({"Queue": QUEUE}), EnableTerminationProtection=True)
    with pytest.raises(Exception, match="TerminationProtection is enabled"):
        delete(aws, "protected")
    aws.call(
        "cloudformation", "update_termination_protection", StackName="protected", EnableTerminationProtection=False
    )
    delete(aws, "protected")


def test_what_is_retained_stays(aws: Aws) -> None:
    create(
        aws,
        "retained",
        stack_of({"Queue": QUEUE, "Group": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain"}}),
    )
    delete(aws, "retained")
    (group,) = aws.call("logs", "describe_log_groups", logGroupNamePrefix="retained")["logGroups"]
    aws.call("logs", "delete_log_group", logGroupName=group["logGroupName"])
    assert _queues(aws) == []


def test_state_is_json_that_a_person_can_read(server: Sandbox) -> None:
    state = server.state / "cluster.json"
    assert not state.exists() or json.loads(state.read_text()) == {}
