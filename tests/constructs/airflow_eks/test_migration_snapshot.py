"""The snapshot before a migration: what its function may do, how long it is waited for, what comes after it."""

from __future__ import annotations

from tests.support.deployment import Deployment

PATH = "/MigrationSnapshot/"


def test_the_function_may_do_nothing_else(deployment: Deployment) -> None:
    role = deployment.one("AWS::IAM::Role", path=PATH)
    found = {each["Sid"]: each for each in role.properties["Policies"][0]["PolicyDocument"]["Statement"]}
    assert set(found) == {
        "WriteLog",
        "SeeTheseStacks",
        "FindSnapshots",
        "TakeSnapshot",
        "TagAndDeleteSnapshots",
        "EncryptSnapshot",
    }
    via = deployment.settings.facts.via_service("rds", region=deployment.settings.region)
    assert found["EncryptSnapshot"]["Condition"]["StringEquals"] == {"kms:ViaService": via}
    (more,) = [each for each in deployment.all("AWS::IAM::Policy") if PATH in each.path]
    (statement,) = more.properties["PolicyDocument"]["Statement"]
    function = deployment.one("AWS::Lambda::Function", path=PATH)
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", function.att("Arn"))


def test_cloudformation_waits_longer_than_one_invocation_lasts(deployment: Deployment) -> None:
    taken = deployment.one("Custom::MigrationSnapshot")
    function = deployment.one("AWS::Lambda::Function", path=PATH)
    assert int(taken.properties["ServiceTimeout"]) == 3600 > int(function.properties["Timeout"]) == 900


def test_it_is_tagged_as_the_database_is(deployment: Deployment) -> None:
    tags = {each["Key"]: each["Value"] for each in deployment.one("Custom::MigrationSnapshot").properties["Tags"]}
    assert tags == deployment.settings.tags_of("database")
