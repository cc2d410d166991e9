"""The repositories: how they are made, set right and taken away, and that only the command's own are touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.mirror.repositories import TAG
from settings.tags import DEPLOYMENT_TAG
from tests.mirror.conftest import Workplace
from tests.ops.answers import make_aws

NAME = "airflow-eks/publisher/server"


@pytest.fixture
def ecr(workplace: Workplace) -> Any:
    """The account's, after one image was copied."""
    workplace.publish("server")
    assert workplace.run().exit_code == 0
    return make_aws().client("ecr")


def described(ecr: Any, name: str = NAME) -> dict[str, Any]:
    """A repository."""
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    return found


def names(ecr: Any) -> list[str]:
    """All repositories."""
    return sorted(each["repositoryName"] for each in ecr.describe_repositories()["repositories"])


class TestMade:
    def test_as_they_should_be(self, ecr: Any) -> None:
        made = described(ecr)
        assert made["imageTagMutability"] == "IMMUTABLE"
        assert made["imageScanningConfiguration"] == {"scanOnPush": True}
        assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}
        tags = ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]
        assert tags == [{"Key": "airflow-eks/mirror", "Value": "ops mirror"}]
        (rule,) = json.loads(ecr.get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"])["rules"]
        assert rule["selection"]["tagStatus"] == "untagged", "what a tag refers to never expires"
        assert rule["action"] == {"type": "expire"}

    def test_once(self, workplace: Workplace, ecr: Any) -> None:
        assert "made the repository" not in workplace.run().output
        assert names(ecr) == [NAME]


class TestSetRight:
    def test_their_own(self, workplace: Workplace, ecr: Any) -> None:
        ecr.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="MUTABLE")
        ecr.put_image_scanning_configuration(repositoryName=NAME, imageScanningConfiguration={"scanOnPush": False})
        ecr.delete_lifecycle_policy(repositoryName=NAME)
        result = workplace.run()
        assert result.output.count("; set back\n") == 3
        assert described(ecr)["imageTagMutability"] == "IMMUTABLE"
        assert described(ecr)["imageScanningConfiguration"] == {"scanOnPush": True}
        assert ecr.get_lifecycle_policy(repositoryName=NAME)

    def test_not_those_of_others(self, workplace: Workplace, ecr: Any) -> None:
        ecr.untag_resource(resourceArn=described(ecr)["repositoryArn"], tagKeys=[TAG])
        ecr.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="MUTABLE")
        result = workplace.run()
        assert result.exit_code == 0
        assert "its tags can come to mean another image; left as it is, since another made it" in result.output
        assert described(ecr)["imageTagMutability"] == "MUTABLE"


class TestRemoved:
    def test_their_own_and_no_others(self, workplace: Workplace, ecr: Any) -> None:
        ecr.create_repository(repositoryName="airflow-eks/by-hand")
        ecr.create_repository(repositoryName="elsewhere/publisher/server", tags=[{"Key": TAG, "Value": "ops mirror"}])
        result = workplace.run("--remove", "--yes")
        assert result.exit_code == 0, result.output
        assert f"deleted {NAME}" in result.output
        assert names(ecr) == ["airflow-eks/by-hand", "elsewhere/publisher/server"]
        assert "there are no repositories airflow-eks/… of this command" in workplace.run("--remove").output

    def test_not_without_an_answer(self, workplace: Workplace, ecr: Any) -> None:
        result = workplace.run("--remove")  # nothing is on standard input
        assert result.exit_code == 1
        assert "1 repositories airflow-eks/… in us-west-2 of account 123456789012" in result.output
        assert names(ecr) == [NAME]

    @pytest.mark.parametrize("prefix", ["airflow-eks", "another"])
    def test_with_a_word_of_who_uses_them(self, workplace: Workplace, ecr: Any, prefix: str) -> None:
        image = f"123456789012.dkr.ecr.us-west-2.amazonaws.com/{prefix}/apache/airflow:3.3.2"
        output = {"Image": {"Value": image}}
        bucket = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}, "Outputs": output}
        for name, tags in (("team-a", [{"Key": DEPLOYMENT_TAG, "Value": "team-a"}]), ("foreign", [])):
            make_aws().client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(bucket), Tags=tags)
        result = workplace.run("--remove")
        assert ("In use: team-a. " in result.output) == (prefix == "airflow-eks")
        assert names(ecr) == [NAME]

    def test_not_without_permission(self, workplace: Workplace, ecr: Any) -> None:
        message = "User: arn:aws:iam::1:user/me is not authorized to perform: ecr:DeleteRepository on resource: *"
        workplace.answers.refuse("ecr", "DeleteRepository", "AccessDeniedException", message)
        result = workplace.run("--remove", "--yes")
        assert result.exit_code == 2
        assert result.stderr == "access denied: this identity may not call ecr:DeleteRepository\n"
        assert names(ecr) == [NAME]
