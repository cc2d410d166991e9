"""CloudFormation: what a change of templates replaces or deletes; and templates that are not those to compare."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.report import Result, Status
from tests.ops.upgrade_kit import one, only, platform, release, run, stacks, synthesize


def _cidr(resources: dict[str, Any]) -> None:
    resources["Vpc"]["Properties"]["CidrBlock"] = "10.1.0.0/16"


def _encryption(resources: dict[str, Any]) -> None:
    resources["Database"]["Properties"]["StorageEncrypted"] = False


def _another_user(resources: dict[str, Any]) -> None:
    resources["Database"]["Properties"]["MasterUsername"] = "another"


def _without(logical_id: str, **attributes: str) -> Callable[[dict[str, Any]], None]:
    """What is there now did not stay: before, there was one more."""

    def change(resources: dict[str, Any]) -> None:
        resources[logical_id] = {"Type": "AWS::S3::Bucket", "Properties": {}, **attributes}

    return change


def _another_type(resources: dict[str, Any]) -> None:
    resources["Address"]["Type"] = "AWS::EC2::Subnet"


def _another_cluster_role(resources: dict[str, Any]) -> None:
    resources["Eks"]["Properties"]["RoleArn"] = "arn:aws:iam::123456789012:role/other"


def _fewer_zones(resources: dict[str, Any]) -> None:
    resources["Eks"]["Properties"]["ResourcesVpcConfig"]["SubnetIds"].pop()


def _smaller_volume(resources: dict[str, Any]) -> None:
    resources["Releasekeda"]["Properties"]["Values"] = {"Fn::Join": ["", ['{"storage":"20Gi"}']]}


def _moved(resources: dict[str, Any]) -> None:
    resources["Elsewhere"] = resources.pop("Releasekeda")


def _groups(**changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Resources before and after: a node group, its launch template, and what of them changes."""
    after = platform()
    nodes = {"LaunchTemplate": {"Id": {"Ref": "Template"}}, "Version": "1.36", "Labels": {"a": "b"}}
    after["Nodes"] = {"Type": "AWS::EKS::Nodegroup", "Properties": nodes}
    after["Template"] = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"a": "b"}}}
    before = json.loads(json.dumps(after))
    template = changed.pop("template", None)
    before["Nodes"]["Properties"].update(changed)
    before["Template"]["Properties"]["LaunchTemplateData"] = template or {"a": "b"}
    return before, after


class TestNodeGroup:
    """EKS takes another version of a node group by itself."""

    @pytest.mark.parametrize("changed", [{"Version": "1.35"}, {"Labels": {}}, {"template": {"a": "c"}}])
    def test_one_thing_at_a_time(self, tmp_path: Path, changed: dict[str, Any]) -> None:
        before, after = _groups(**changed)
        results = run("changes", tmp_path, resources=after, stacks_before=stacks(tmp_path, before))
        assert not [result for result in results if result.check == "changes in two steps"]

    @pytest.mark.parametrize(
        ("changed", "said"), [({"Labels": {}}, "with Labels"), ({"template": {"a": "c"}}, "with LaunchTemplate")]
    )
    def test_and_not_with_another(self, tmp_path: Path, changed: dict[str, Any], said: str) -> None:
        before, after = _groups(Version="1.35", **changed)
        results = run("changes", tmp_path, resources=after, stacks_before=stacks(tmp_path, before))
        (result,) = [result for result in results if result.check == "changes in two steps"]
        assert result.status is Status.FAILURE
        assert f"for Version together {said}" in result.found


class TestTemplates:
    @pytest.mark.parametrize(
        ("change", "status", "check", "said"),
        [
            (_cidr, Status.FAILURE, "changes that AWS refuses",
             "AWS::EC2::VPC One/Vpc for CidrBlock: what stands in it cannot move"),
            (_another_type, Status.WARNING, "replacements", "for its type, which was AWS::EC2::Subnet"),
            (_another_cluster_role, Status.FAILURE, "changes that AWS refuses",
             "AWS::EKS::Cluster One/Eks for RoleArn: it has a name, and there is no second one of that name"),
            (_fewer_zones, Status.FAILURE, "changes that AWS refuses",
             "AWS::EKS::Cluster One/Eks for its subnets, 1 before and 2 now"),
            (_smaller_volume, Status.WARNING, "volumes of keda", "20Gi to 50Gi"),
            (_encryption, Status.FAILURE, "replacements that lose data",
             "AWS::RDS::DBCluster One/Database for StorageEncrypted"),
            (_another_user, Status.WARNING, "replacements, perhaps",
             "AWS::RDS::DBCluster One/Database for MasterUsername"),
            (_without("Logs"), Status.FAILURE, "deletions that lose data", "AWS::S3::Bucket One/Logs"),
            (_without("Logs", DeletionPolicy="Retain"), Status.WARNING, "resources that leave the stack", "(Retain)"),
            (_moved, Status.FAILURE, "release keda", "is One/Releasekeda now and was One/Elsewhere"),
        ],
    )  # fmt: skip
    def test_what_it_comes_to(
        self, tmp_path: Path, change: Callable[[dict[str, Any]], None], status: Status, check: str, said: str
    ) -> None:
        before = platform()
        change(before)
        result = only(run("changes", tmp_path, stacks_before=stacks(tmp_path, before)), status)
        assert result.check == check
        assert said in result.found

    def test_what_changes_in_place(self, tmp_path: Path) -> None:
        before = platform({"keda": {"replicas": 2}})
        del before["Vpc"]
        changes, replaced = run("changes", tmp_path, stacks_before=stacks(tmp_path, before))
        assert changes.found == "1 resources changed, 1 new, 0 gone"
        assert replaced.status is Status.OK

    def test_without_templates(self, tmp_path: Path) -> None:
        result = one("changes", tmp_path)
        assert (result.status, result.found) == (Status.NOT_CHECKED, "before has no templates to compare with")


class TestWhatWouldBeDeployed:
    def result(self, folder: Path, assembly: Path) -> Result:
        return one("values", folder, folder=assembly)

    def test_is_not_there(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, tmp_path / "none")
        assert result.status is Status.NOT_CHECKED
        assert "holds no synthesized application" in result.found
        assert "cdk synth" in result.advice

    def test_is_another_deployment(self, tmp_path: Path) -> None:
        result = self.result(tmp_path, synthesize(tmp_path / "other", platform(), name="team-a"))
        assert result.found.endswith("holds the deployment team-a, not airflow")

    @pytest.mark.parametrize(
        ("logical_id", "properties", "said"),
        [
            ("Releasekeda", {"Version": "1.0.0"}, "keda"),
            ("Releaseairflow", {"Values": json.dumps({"airflowVersion": "1.0.0"})}, "Airflow itself"),
        ],
    )
    def test_is_older_than_the_releases(
        self, tmp_path: Path, logical_id: str, properties: dict[str, str], said: str
    ) -> None:
        resources = platform()
        name = logical_id.removeprefix("Release")
        resources[logical_id] = release(name, {}, **properties)
        result = self.result(tmp_path, synthesize(tmp_path / "old", resources))
        assert result.found.endswith(f"was synthesized with other versions of {said}")
