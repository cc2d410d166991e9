"""Airflow, its providers, Kubernetes, the engines and CloudFormation: each thing that an upgrade can run into."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ops.checks import Runner
from ops.report import Result, Status
from ops.stack import DeployedStack, Resource
from ops.upgrade.command import CHECKS
from ops.upgrade.pins import ConstraintFiles
from ops.upgrade.subject import Live
from ops.upgrade.versions import AURORA, REDIS
from settings import load_releases
from tests.ops.answers import Answers, make_aws
from tests.ops.servers import serve
from tests.ops.upgrade_kit import only, platform, release, stacks, synthesize, upgrade, versions
from tests.support.quiet import QUIET

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
AIRFLOW = load_releases().images["airflow"].tag
KUBERNETES = load_releases().kubernetes.default


def run(check: str, *arguments: Any, **changed: Any) -> list[Result]:
    """The results of one check of an upgrade."""
    runner = Runner(unknown=Status.NOT_CHECKED, console=QUIET)
    return runner.run([each for each in CHECKS if each.name == check], upgrade(*arguments, **changed))


def one(check: str, *arguments: Any, **changed: Any) -> Result:
    """The only result of one check of an upgrade."""
    (result,) = run(check, *arguments, **changed)
    return result


class TestAirflow:
    @pytest.mark.parametrize(
        ("before", "after", "status", "said"),
        [
            ("3.2.2", "3.2.2", Status.OK, "unchanged"),
            ("3.2.1", "3.2.2", Status.OK, "a patch release; the migration job runs first"),
            ("3.1.8", "3.2.2", Status.OK, "a minor release"),
            ("2.11.0", "3.2.2", Status.WARNING, "a major release"),
            ("3.2.2", "3.1.8", Status.FAILURE, "a step back. The migration job only goes forward"),
        ],
    )
    def test_how_far(self, tmp_path: Path, before: str, after: str, status: Status, said: str) -> None:
        result = one("Airflow", tmp_path, before=versions(airflow=before), after=versions(airflow=after))
        assert result.status is status
        assert said in result.found

    def test_back_says_how_the_database_goes_back(self, tmp_path: Path) -> None:
        result = one("Airflow", tmp_path, before=versions(airflow="3.2.2"), after=versions(airflow="3.1.8"))
        assert "`airflow db downgrade --to-version 3.1.8`" in result.advice


class TestMigrations:
    @pytest.fixture(autouse=True)
    def _airflow(self) -> None:
        if not AIRFLOW_PYTHON.exists():
            pytest.fail(".venv-airflow is missing: `make setup` makes it", pytrace=False)

    def ask(self, folder: Path, before: str, after: str = AIRFLOW) -> Result:
        return one(
            "migrations",
            folder,
            before=versions(airflow=before),
            after=versions(airflow=after),
            airflow_python=AIRFLOW_PYTHON,
        )

    def test_by_their_names_from_airflow_itself(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, "3.1.8", "3.2.0")
        assert result.status is Status.WARNING
        assert result.found.startswith("22 of them, 509b94a1042d → 1d6611b6ab7c: replace asset_trigger table")
        assert "--from-version 3.1.8 --to-version 3.2.0" in result.advice

    def test_none_between_two_patches(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, "3.2.0", "3.2.2")
        assert (result.status, result.found) == (Status.OK, "none: both versions are at revision 1d6611b6ab7c")

    def test_of_a_version_that_is_newer_than_the_airflow_here(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, AIRFLOW, "99.0.0")
        assert result.status is Status.NOT_CHECKED
        assert result.found.startswith(f"not known: the Airflow in .venv-airflow is {AIRFLOW}, and 99.0.0")

    def test_of_a_version_that_is_older_than_the_airflow_here_knows(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, "1.10.0")
        assert result.status is Status.NOT_CHECKED
        assert result.found.startswith("not known: 1.10.0 is older than all")

    def test_back(self, tmp_path: Path) -> None:
        result = self.ask(tmp_path, AIRFLOW, "3.1.8")
        assert (result.status, result.found) == (
            Status.WARNING,
            "a downgrade of the database: 1d6611b6ab7c → 509b94a1042d",
        )


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("#!/bin/sh\necho broken >&2\nexit 1\n", "the Airflow in .venv-airflow does not say: broken"),
        (None, "there is no Airflow here to ask for its migrations"),
    ],
)
def test_migrations_without_an_airflow(tmp_path: Path, python: str | None, said: str) -> None:
    program = tmp_path / "python"
    if python:
        program.write_text(python, encoding="utf-8")
        program.chmod(0o755)
    result = one("migrations", tmp_path, before=versions(airflow="3.1.8"), airflow_python=program)
    assert (result.status, result.found) == (Status.NOT_CHECKED, said)


def test_no_migration_without_a_change(tmp_path: Path) -> None:
    assert one("migrations", tmp_path).found == "none: the database stays as it is"


class TestProviders:
    BEFORE = """
apache-airflow-providers-amazon==8.1.0
apache-airflow-providers-celery==3.1
apache-airflow-providers-gone==1.0
apache-airflow-providers_http==1.0
boto3==1.0
"""
    AFTER = """
apache-airflow-providers-amazon==9.0.0
apache-airflow-providers-celery==3.2
apache-airflow-providers-http==1.0
apache-airflow-providers-new==1.0
"""

    def files(self, folder: Path, **changed: Any) -> ConstraintFiles:
        before, after = folder / "before.txt", folder / "after.txt"
        before.write_text(self.BEFORE, encoding="utf-8")
        after.write_text(self.AFTER, encoding="utf-8")
        return replace(ConstraintFiles(before=before, after=after), **changed)

    def test_what_changes(self, tmp_path: Path) -> None:
        large, gone, rest = run("providers", tmp_path, constraints=self.files(tmp_path))
        assert (large.status, large.found) == (Status.WARNING, "amazon 8.1.0 → 9.0.0")
        assert large.advice.endswith("the platform itself uses amazon.")
        assert (gone.status, gone.found) == (Status.WARNING, "gone")
        assert rest.found.startswith(
            "1 with smaller changes (of those that the platform uses: celery 3.1 → 3.2), 1 new, 1 unchanged"
        )

    def test_unchanged(self, tmp_path: Path) -> None:
        assert one("providers", tmp_path).found == f"unchanged: the constraints of Airflow {AIRFLOW}"

    def test_as_published(self, tmp_path: Path) -> None:
        for version, text in (("3.1.8", self.BEFORE), (AIRFLOW, self.AFTER)):
            (tmp_path / f"constraints-{version}").mkdir()
            (tmp_path / f"constraints-{version}" / "constraints-3.13.txt").write_text(text, encoding="utf-8")
        files = ConstraintFiles(published=tmp_path.as_uri(), python="3.13")
        results = run("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert [result.found for result in results][:2] == ["amazon 8.1.0 → 9.0.0", "gone"]
        assert f"constraints-3.1.8/constraints-3.13.txt → {tmp_path.as_uri()}" in results[2].found

    def test_that_nobody_published(self, tmp_path: Path) -> None:
        with serve(lambda *_: (404, "")) as url:
            files = ConstraintFiles(published=url)
            result = one("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert result.status is Status.NOT_CHECKED
        assert result.found.startswith("Airflow 3.1.8 has no constraints for Python 3.12: http://127.0.0.1")

    def test_that_cannot_be_reached(self, tmp_path: Path) -> None:
        files = ConstraintFiles(published="http://127.0.0.1:9")
        result = one("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert result.status is Status.NOT_CHECKED
        assert "cannot be reached" in result.found
        assert "--constraints-before FILE --constraints-after FILE" in result.advice

    def test_of_what_both_revisions_pin_for_their_tests(self, tmp_path: Path) -> None:
        files = ConstraintFiles(may_fetch=False, requirements_before=self.BEFORE, requirements_after=self.AFTER)
        results = run("providers", tmp_path, before=versions(airflow="3.1.8"), constraints=files)
        assert results[0].found == "amazon 8.1.0 → 9.0.0"
        assert only(results, Status.NOT_CHECKED).found == "the constraints of Airflow 3.1.8 are not here"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        files = self.files(tmp_path, before=tmp_path / "none.txt")
        assert "No such file" in one("providers", tmp_path, constraints=files).found


class TestKubernetes:
    @pytest.mark.parametrize(
        ("before", "after", "status", "said"),
        [
            ("1.36", "1.36", Status.OK, "unchanged"),
            ("1.35", "1.36", Status.OK, "one minor version; the control plane first"),
            ("1.34", "1.36", Status.FAILURE, "2 minor versions at once"),
            ("1.36", "1.35", Status.FAILURE, "a step back"),
        ],
    )
    def test_one_step_at_a_time(self, tmp_path: Path, before: str, after: str, status: Status, said: str) -> None:
        result = one("Kubernetes", tmp_path, before=versions(kubernetes=before), after=versions(kubernetes=after))
        assert result.status is status
        assert said in result.found

    def test_the_step_in_between_is_named(self, tmp_path: Path) -> None:
        result = one("Kubernetes", tmp_path, before=versions(kubernetes="1.34"), after=versions(kubernetes="1.36"))
        assert result.advice.endswith("cluster.kubernetes_version=1.35")

    @pytest.mark.parametrize(
        ("node", "status", "said"),
        [
            ("1.33.4", Status.OK, "1 looked at, on 1.33.4"),
            ("1.32.9", Status.FAILURE, "node a runs 1.32.9, 4 minor versions behind 1.36"),
            ("1.37", Status.FAILURE, "newer than the control plane"),
        ],
    )
    def test_nodes_may_lag_by_three(self, tmp_path: Path, node: str, status: Status, said: str) -> None:
        result = one("node versions", tmp_path, before=versions(nodes={"node a": node}))
        assert result.status is status
        assert said in result.found

    def test_nodes_that_cannot_be_seen(self, tmp_path: Path) -> None:
        result = one("node versions", tmp_path, before=versions(unknown_nodes="the API server cannot be reached"))
        assert (result.status, result.check) == (Status.NOT_CHECKED, "nodes of Karpenter")

    @pytest.mark.parametrize(
        ("layer", "status"),
        [
            ("a.kubectl_v36", Status.OK),
            ("a.kubectl_v35", Status.WARNING),
            ("a.kubectl_v33", Status.FAILURE),
            ("a.kubectl", Status.NOT_CHECKED),
        ],
    )
    def test_kubectl_is_of_the_same_minor(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: str, status: Status
    ) -> None:
        pinned = load_releases()
        version = pinned.kubernetes.versions["1.36"].model_copy(update={"kubectl_layer": layer})
        kubernetes = pinned.kubernetes.model_copy(update={"versions": {"1.36": version}})
        changed = pinned.model_copy(update={"kubernetes": kubernetes})
        monkeypatch.setattr("ops.upgrade.kubernetes.load_releases", lambda: changed)
        assert one("kubectl", tmp_path, after=versions(kubernetes="1.36")).status is status

    @pytest.mark.parametrize("check", ["add-ons", "EKS upgrade insights"])
    def test_what_only_a_deployment_knows(self, tmp_path: Path, check: str) -> None:
        result = one(check, tmp_path, before=versions(kubernetes="1.35"), after=versions(kubernetes="1.36"))
        assert (result.status, result.found) == (Status.NOT_CHECKED, "no deployment was asked")


class TestAsked:
    """Of AWS, about what is deployed."""

    STACK = DeployedStack(
        name="airflow",
        id="",
        status="UPDATE_COMPLETE",
        status_reason="",
        description="",
        termination_protection=True,
        outputs={"ClusterName": "airflow"},
        resources=(
            Resource(type="AWS::EKS::Addon", logical_id="A", physical_id="airflow|coredns", status="", stack=""),
        ),
    )

    @pytest.fixture
    def answers(self) -> Iterator[Answers]:
        with mock_aws():
            answers = Answers(make_aws())
            answers.give("eks", "DescribeAddon", {"addon": {"addonVersion": "v1.0"}})
            yield answers

    def live(self) -> Live:
        return Live(make_aws(), self.STACK)

    @pytest.mark.parametrize(
        ("offered", "status", "said"),
        [
            (["v1.1", "v1.0"], Status.OK, "v1.0 goes with"),
            (["v1.2", "v1.1"], Status.WARNING, "v1.0 is not listed for"),
            ([], Status.FAILURE, "EKS offers none for"),
        ],
    )
    def test_addons(self, tmp_path: Path, answers: Answers, offered: list[str], status: Status, said: str) -> None:
        listed = [
            {
                "addonVersion": version,
                "compatibilities": [{"clusterVersion": KUBERNETES, "defaultVersion": version == "v1.1"}],
            }
            for version in offered
        ]
        answers.give("eks", "DescribeAddonVersions", {"addons": [{"addonVersions": listed}] if listed else []})
        result = one("add-ons", tmp_path, live=self.live())
        assert result.status is status
        assert said in result.found
        assert ("--addon-name coredns --addon-version v1.1" in result.advice) is (status is Status.WARNING)

    @pytest.mark.parametrize(
        ("state", "status"), [("PASSING", Status.OK), ("WARNING", Status.WARNING), ("ERROR", Status.FAILURE)]
    )
    def test_insights(self, tmp_path: Path, answers: Answers, state: str, status: Status) -> None:
        asked: dict[str, Any] = {}
        insight = {"id": "i-1", "name": "Deprecated APIs", "insightStatus": {"status": state, "reason": "Because."}}
        answers.give("eks", "ListInsights", lambda given: asked.update(given) or {"insights": [insight]})
        before = versions(kubernetes="1.35")
        result = one(
            "EKS upgrade insights", tmp_path, before=before, after=versions(kubernetes="1.36"), live=self.live()
        )
        assert result.status is status
        assert result.found.endswith(": Because.")
        assert asked["filter"] == {"categories": ["UPGRADE_READINESS"], "kubernetesVersions": ["1.36"]}

    def test_no_insights_without_a_change(self, tmp_path: Path) -> None:
        assert one("EKS upgrade insights", tmp_path).found == "not asked: Kubernetes is unchanged"

    @pytest.mark.parametrize(("targets", "status"), [(["16.13"], Status.WARNING), (["16.12"], Status.FAILURE)])
    def test_the_steps_that_rds_offers(
        self, tmp_path: Path, answers: Answers, targets: list[str], status: Status
    ) -> None:
        version = {"ValidUpgradeTarget": [{"EngineVersion": target} for target in targets]}
        answers.give("rds", "DescribeDBEngineVersions", {"DBEngineVersions": [version]})
        before, after = (versions(engines={AURORA: each, REDIS: "7.1"}) for each in ("16.9", "16.13"))
        assert one("database", tmp_path, before=before, after=after, live=self.live()).status is status


class TestEngines:
    @pytest.mark.parametrize(
        ("before", "after", "status", "said"),
        [
            ("16.13", "16.13", Status.OK, "unchanged"),
            ("16.9", "16.13", Status.WARNING, "Aurora restarts"),
            ("15.9", "16.13", Status.FAILURE, "does not allow one (AllowMajorVersionUpgrade)"),
            ("16.14", "16.13", Status.FAILURE, "which the service refuses"),
        ],
    )
    def test_database(self, tmp_path: Path, before: str, after: str, status: Status, said: str) -> None:
        old, new = (versions(engines={AURORA: each, REDIS: "7.1"}) for each in (before, after))
        result = one("database", tmp_path, before=old, after=new)
        assert result.status is status
        assert said in result.found

    def test_a_major_version_that_the_template_allows(self, tmp_path: Path) -> None:
        resources = platform()
        resources["Database"]["Properties"]["AllowMajorVersionUpgrade"] = True
        old = versions(engines={AURORA: "15.9", REDIS: "7.1"})
        assert one("database", tmp_path, before=old, resources=resources).status is Status.WARNING

    @pytest.mark.parametrize(
        ("before", "status"), [("7.1.0", Status.OK), ("7.0", Status.WARNING), ("7.2", Status.FAILURE)]
    )
    def test_queue(self, tmp_path: Path, before: str, status: Status) -> None:
        old, new = (versions(engines={AURORA: "16.13", REDIS: each}) for each in (before, "7.1"))
        assert one("queue", tmp_path, before=old, after=new).status is status


def _cidr(resources: dict[str, Any]) -> None:
    resources["Vpc"]["Properties"]["CidrBlock"] = "10.1.0.0/16"


def _encryption(resources: dict[str, Any]) -> None:
    resources["Database"]["Properties"]["StorageEncrypted"] = False


def _without(logical_id: str, **attributes: str) -> Callable[[dict[str, Any]], None]:
    """What is there now did not stay: before, there was one more."""

    def change(resources: dict[str, Any]) -> None:
        resources[logical_id] = {"Type": "AWS::S3::Bucket", "Properties": {}, **attributes}

    return change


def _another_type(resources: dict[str, Any]) -> None:
    resources["Vpc"]["Type"] = "AWS::EC2::Subnet"


def _moved(resources: dict[str, Any]) -> None:
    resources["Elsewhere"] = resources.pop("Releasekeda")


class TestTemplates:
    @pytest.mark.parametrize(
        ("change", "status", "check", "said"),
        [
            (_cidr, Status.WARNING, "replacements", "AWS::EC2::VPC One/Vpc for CidrBlock"),
            (_another_type, Status.WARNING, "replacements", "for its type, which was AWS::EC2::Subnet"),
            (_encryption, Status.FAILURE, "replacements that lose data",
             "AWS::RDS::DBCluster One/Database for StorageEncrypted"),
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
        assert result.found.endswith("holds no synthesized application")
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
