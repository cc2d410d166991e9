"""The path of an upgrade: the steps of each kind of change, in their order, with what stops and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ops.report import Result, Status
from ops.stack import DeployedStack, Resource
from ops.upgrade.subject import Live
from ops.upgrade.versions import AURORA, QUEUE
from settings import load_releases
from tests.ops import upgrade_kit
from tests.ops.answers import Answers, make_aws
from tests.ops.upgrade_kit import Json, platform, release, versions

AIRFLOW = load_releases().images["airflow"].tag
KUBERNETES = load_releases().kubernetes.default
OLDER = "3.0.1"
_SETUP = "Custom::AWSCDK-EKS-KubernetesResource"


def whole(**changed: Json) -> dict[str, Json]:
    """A platform with all that a path is about."""
    return {
        **platform(),
        "Vpccni": _addon("vpc-cni", "v1.20.0"),
        "Coredns": _addon("coredns", "v1.12.0"),
        "Nodes": {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {"Version": KUBERNETES, "ScalingConfig": {"DesiredSize": 3}},
        },
        "Class": _object("EC2NodeClass", image="al2023@v20261101"),
        "Job": _object("Job", image=f"apache/airflow:{AIRFLOW}"),
        "Snapshot": _snapshot(AIRFLOW),
        **changed,
    }


def _addon(name: str, version: str) -> Json:
    return {"Type": "AWS::EKS::Addon", "Properties": {"AddonName": name, "AddonVersion": version}}


def _snapshot(airflow: str, kept: int = 3) -> Json:
    properties = {"Image": f"apache/airflow:{airflow}", "Kept": str(kept)}
    return {"Type": "Custom::MigrationSnapshot", "Properties": properties}


def _object(kind: str, **spec: str) -> Json:
    """As the CDK writes it: text around references."""
    text = json.dumps([{"apiVersion": "v1", "kind": kind, "spec": {**spec, "vpc": "VPC"}}], separators=(",", ":"))
    before, _, after = text.partition("VPC")
    return {"Type": _SETUP, "Properties": {"Manifest": {"Fn::Join": ["", [before, {"Ref": "Vpc"}, after]]}}}


def steps(folder: Path, was: dict[str, Json], /, **changed: Any) -> dict[str, Result]:
    """The path from these resources to a whole platform, by the steps' names."""
    found = upgrade_kit.run(
        "steps", folder, resources=whole(), stacks_before=upgrade_kit.stacks(folder, was), **changed
    )
    numbers = [each.check.partition(". ")[0] for each in found]
    assert numbers == [str(number) for number in range(1, len(found) + 1)]
    return {each.check.partition(". ")[2]: each for each in found}


def test_nothing_changes(tmp_path: Path) -> None:
    found = upgrade_kit.one("steps", tmp_path, resources=whole(), stacks_before=upgrade_kit.stacks(tmp_path, whole()))
    assert (found.status, found.found[:4]) == (Status.OK, "none")


def test_everything_changes_in_the_order_of_a_deployment(tmp_path: Path) -> None:
    keda = release("keda", {"storage": "50Gi"}, Version="2.1.0")
    airflow = release("airflow", {"airflowVersion": OLDER}, Timeout="780s")
    before = whole(
        Vpccni=_addon("vpc-cni", "v1.19.0"),
        Coredns=_addon("coredns", "v1.11.0"),
        Nodes={"Type": "AWS::EKS::Nodegroup", "Properties": {"Version": "1.30"}},
        Class=_object("EC2NodeClass", image="al2023@v20261001"),
        Job=_object("Job", image=f"apache/airflow:{OLDER}"),
        Snapshot=_snapshot(OLDER),
        Releasekeda=keda,
        Releaseairflow=airflow,
    )
    older = versions(airflow=OLDER, kubernetes="1.30", engines={AURORA: "16.1", QUEUE: "6.2"})
    found = steps(tmp_path, before, before=older, longest_task_hours=12)
    assert list(found) == [
        "control plane",
        "engine of the database",
        "engine of the queue",
        "add-ons of the network",
        "managed nodes",
        "other add-ons",
        "controllers",
        "Karpenter's nodes",
        "snapshot of the database",
        "migration",
        "Airflow's servers",
        "workers",
    ]
    for each in found.values():
        assert " Stops: " in each.found
        assert " At most: " in each.found
        assert each.advice.startswith("Back: ")
    no_way_back = {name for name, each in found.items() if each.status is Status.WARNING}
    assert no_way_back == {
        "control plane",
        "engine of the database",
        "engine of the queue",
        "managed nodes",
        "Karpenter's nodes",
        "migration",
        "Airflow's servers",
    }
    assert "12 hours" in found["workers"].found
    assert "vpc-cni v1.19.0 → v1.20.0" in found["add-ons of the network"].found
    assert "3 times 15 minutes" in found["managed nodes"].found
    assert f"airflow db downgrade --to-version {OLDER}" in found["migration"].advice


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"Vpccni": _addon("vpc-cni", "v1.19.0")}, ["add-ons of the network"]),
        ({"Coredns": _addon("coredns", "v1.11.0")}, ["other add-ons"]),
        ({"Class": _object("EC2NodeClass", image="al2023@v20261001")}, ["Karpenter's nodes"]),
        ({"Releasekeda": release("keda", {"storage": "50Gi"}, Version="2.1.0")}, ["controllers"]),
        (
            {"Releaseairflow": release("airflow", {"airflowVersion": AIRFLOW, "a": "b"})},
            ["Airflow's servers", "workers"],
        ),
    ],
    ids=["add-on of the network", "add-on", "node image", "chart", "values of Airflow"],
)
def test_one_kind_changes(tmp_path: Path, changed: dict[str, Json], names: list[str]) -> None:
    found = steps(tmp_path, whole(**changed))
    assert list(found) == names
    assert all(each.status is Status.OK for each in found.values())


def test_an_airflow_without_a_snapshot_is_warned_of(tmp_path: Path) -> None:
    found = upgrade_kit.run(
        "steps",
        tmp_path,
        resources=whole(Snapshot=_snapshot(AIRFLOW, kept=0)),
        stacks_before=upgrade_kit.stacks(tmp_path, whole(Snapshot=_snapshot(OLDER, kept=0))),
    )
    (told,) = [each for each in found if "snapshot" in each.check]
    assert (told.status, "snapshots_before_migration is 0" in told.found) == (Status.WARNING, True)


def test_a_patch_of_airflow_goes_back(tmp_path: Path) -> None:
    major, minor, patch = AIRFLOW.split(".")
    older = f"{major}.{minor}.{int(patch) - 1}"
    before = whole(Snapshot=_snapshot(older), Releaseairflow=release("airflow", {"airflowVersion": older}))
    found = steps(tmp_path, before, before=versions(airflow=older))
    assert list(found) == ["snapshot of the database", "migration", "Airflow's servers", "workers"]
    assert all(each.status is Status.OK for each in found.values())


def test_by_the_versions_alone(tmp_path: Path) -> None:
    older = versions(airflow=OLDER, charts={**versions().charts, "keda": "2.1.0"})
    found = upgrade_kit.run("steps", tmp_path, before=older)
    names = [each.check.partition(". ")[2] or each.check for each in found]
    assert names == ["controllers", "migration", "Airflow's servers", "workers", "steps"]
    assert found[-1].status is Status.NOT_CHECKED


def test_another_launch_template_replaces_the_managed_nodes(tmp_path: Path) -> None:
    template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"a": "b"}}}
    older = {**template, "Properties": {"LaunchTemplateData": {"a": "c"}}}
    found = upgrade_kit.run(
        "steps",
        tmp_path,
        resources=whole(Template=template),
        stacks_before=upgrade_kit.stacks(tmp_path, whole(Template=older)),
    )
    (told,) = found
    assert (told.check, told.status) == ("1. managed nodes", Status.OK)
    assert "another launch template" in told.found


class TestDeployedState:
    """What has to be settled first."""

    @pytest.fixture
    def answers(self) -> Iterator[Answers]:
        with mock_aws():
            answers = Answers(make_aws())
            answers.give("eks", "DescribeCluster", {"cluster": {"status": "ACTIVE"}})
            answers.give("eks", "DescribeNodegroup", {"nodegroup": {"status": "ACTIVE"}})
            answers.give("eks", "DescribeAddon", {"addon": {"status": "ACTIVE", "health": {"issues": []}}})
            answers.give("rds", "DescribeDBClusters", {"DBClusters": [{"Status": "available"}]})
            answers.give("elasticache", "DescribeReplicationGroups", {"ReplicationGroups": [{"Status": "available"}]})
            yield answers

    def look(self, folder: Path, status: str = "UPDATE_COMPLETE") -> list[Result]:
        things = {
            "AWS::EKS::Cluster": "airflow",
            "AWS::EKS::Nodegroup": "airflow/system",
            "AWS::EKS::Addon": "airflow|coredns",
            "AWS::RDS::DBCluster": "airflow-0123",
            "AWS::ElastiCache::ReplicationGroup": "queue",
        }
        stack = DeployedStack(
            name="airflow",
            id="arn:stack",
            status=status,
            status_reason="",
            description="",
            termination_protection=False,
            outputs={"ClusterName": "airflow"},
            resources=tuple(
                Resource(type=type_, logical_id=type_, physical_id=id_, status="", stack="arn:stack")
                for type_, id_ in things.items()
            ),
        )
        return upgrade_kit.run("deployed state", folder, live=Live(make_aws(), stack))

    @pytest.mark.usefixtures("answers")
    def test_all_is_settled(self, tmp_path: Path) -> None:
        found = self.look(tmp_path)
        assert [each.status for each in found] == [Status.OK, Status.OK]
        assert "5 looked at" in found[1].found

    @pytest.mark.usefixtures("answers")
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("UPDATE_IN_PROGRESS", Status.FAILURE),
            ("UPDATE_ROLLBACK_FAILED", Status.FAILURE),
            ("UPDATE_FAILED", Status.WARNING),
            ("UPDATE_ROLLBACK_COMPLETE", Status.OK),
        ],
    )
    def test_the_stack_takes_an_update(self, tmp_path: Path, status: str, expected: Status) -> None:
        assert self.look(tmp_path, status)[0].status is expected

    def test_what_is_not_settled_is_named(self, tmp_path: Path, answers: Answers) -> None:
        issues = [{"code": "AsgInstanceLaunchFailures", "message": "no capacity"}]
        answers.give("eks", "DescribeNodegroup", {"nodegroup": {"status": "DEGRADED", "health": {"issues": issues}}})
        waiting = {"Status": "available", "PendingModifiedValues": {"EngineVersion": "16.14"}}
        answers.give("rds", "DescribeDBClusters", {"DBClusters": [waiting]})
        answers.give("elasticache", "DescribeReplicationGroups", {"ReplicationGroups": [{"Status": "modifying"}]})
        told = self.look(tmp_path)[1]
        assert told.status is Status.FAILURE
        assert told.found.split("; ") == [
            "node group system is DEGRADED",
            "node group system: AsgInstanceLaunchFailures no capacity",
            "database airflow-0123: EngineVersion waits for the maintenance window",
            "queue queue is modifying",
        ]

    def test_without_a_deployment_nobody_knows(self, tmp_path: Path) -> None:
        assert upgrade_kit.one("deployed state", tmp_path).status is Status.NOT_CHECKED
