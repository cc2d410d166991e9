"""Kubernetes and the engines: each thing that an upgrade can run into, and what AWS is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ops.report import Status
from ops.stack import DeployedStack, Resource
from ops.upgrade.subject import Live
from ops.upgrade.versions import AURORA, QUEUE
from settings import load_releases
from tests.ops.answers import Answers, make_aws
from tests.ops.upgrade_kit import one, platform, versions

KUBERNETES = load_releases().kubernetes.default


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

    @pytest.mark.parametrize("check", ["add-ons", "EKS upgrade insights", "node image"])
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
            Resource(type="AWS::EKS::Nodegroup", logical_id="N", physical_id="airflow/nodes", status="", stack=""),
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
        ("pinned", "status", "said"),
        [
            ("v1.2", Status.OK, "v1.0 → v1.2 goes with"),
            ("v1.0", Status.OK, "v1.0 goes with"),
            ("v0.9", Status.WARNING, "v1.0 → v0.9: a step back"),
            ("v2.0", Status.FAILURE, "which EKS does not offer for"),
        ],
    )
    def test_addons_that_are_pinned(
        self, tmp_path: Path, answers: Answers, pinned: str, status: Status, said: str
    ) -> None:
        listed = [{"addonVersion": version, "compatibilities": []} for version in ("v1.2", "v1.0", "v0.9")]
        answers.give("eks", "DescribeAddonVersions", {"addons": [{"addonVersions": listed}]})
        addon = {"Type": "AWS::EKS::Addon", "Properties": {"AddonName": "coredns", "AddonVersion": pinned}}
        result = one("add-ons", tmp_path, live=self.live(), resources={**platform(), "Coredns": addon})
        assert (result.status, said in result.found) == (status, True), result.found

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

    @pytest.mark.parametrize(
        ("runs", "of", "status", "said"),
        [
            ("1.36.1-20261101", "1.36", Status.OK, "1.36.1-20261101, which AWS recommends"),
            ("1.36.1-20261001", "1.36", Status.WARNING, "1.36.1-20261001, and AWS recommends 1.36.1-20261101"),
            ("1.35.4-20261001", "1.35", Status.OK, "the newest for 1.36 comes with the new version"),
        ],
    )
    def test_the_image_of_the_nodes(
        self, tmp_path: Path, answers: Answers, *, runs: str, of: str, status: Status, said: str
    ) -> None:
        asked: dict[str, Any] = {}
        answers.give("eks", "DescribeNodegroup", {"nodegroup": {"releaseVersion": runs, "version": of}})
        newest = {"Parameter": {"Value": "1.36.1-20261101"}}
        answers.give("ssm", "GetParameter", lambda given: asked.update(given) or newest)
        result = one("node image", tmp_path, after=versions(kubernetes="1.36"), live=self.live())
        assert result.status is status
        assert said in result.found
        assert ("update-nodegroup-version" in result.advice) is (status is Status.WARNING)
        assert asked["Name"].startswith(f"/aws/service/eks/optimized-ami/{of}/amazon-linux-2023/arm64/")

    def test_no_insights_without_a_change(self, tmp_path: Path) -> None:
        assert one("EKS upgrade insights", tmp_path).found == "not asked: Kubernetes is unchanged"

    @pytest.mark.parametrize(("targets", "status"), [(["16.13"], Status.WARNING), (["16.12"], Status.FAILURE)])
    def test_the_steps_that_rds_offers(
        self, tmp_path: Path, answers: Answers, targets: list[str], status: Status
    ) -> None:
        version = {"ValidUpgradeTarget": [{"EngineVersion": target} for target in targets]}
        answers.give("rds", "DescribeDBEngineVersions", {"DBEngineVersions": [version]})
        before, after = (versions(engines={AURORA: each, QUEUE: "7.1"}) for each in ("16.9", "16.13"))
        assert one("database", tmp_path, before=before, after=after, live=self.live()).status is status


class TestEngines:
    @pytest.mark.parametrize(
        ("before", "after", "status", "said"),
        [
            ("16.13", "16.13", Status.OK, "unchanged"),
            ("16.9", "16.13", Status.WARNING, "Aurora restarts"),
            ("15.9", "16.13", Status.WARNING, "in place: the database is away"),
            ("16.14", "16.13", Status.FAILURE, "which the service refuses"),
        ],
    )
    def test_database(self, tmp_path: Path, before: str, after: str, status: Status, said: str) -> None:
        old, new = (versions(engines={AURORA: each, QUEUE: "7.1"}) for each in (before, after))
        result = one("database", tmp_path, before=old, after=new)
        assert result.status is status
        assert said in result.found

    @pytest.mark.parametrize(
        ("before", "status"), [("7.1.0", Status.OK), ("7.0", Status.WARNING), ("7.2", Status.FAILURE)]
    )
    def test_queue(self, tmp_path: Path, before: str, status: Status) -> None:
        old, new = (versions(engines={AURORA: "16.13", QUEUE: each}) for each in (before, "7.1"))
        assert one("queue", tmp_path, before=old, after=new).status is status
