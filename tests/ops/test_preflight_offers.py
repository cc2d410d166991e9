"""What AWS offers: engine versions, instance classes, Kubernetes, add-ons; and what the private registry has."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ops.report import Status
from tests.ops import good_account
from tests.ops.accounts import US_WEST, Account
from tests.support.versions import scaled_versions


class TestOffers:
    def test_a_database_version_that_is_gone(self, account: Account) -> None:
        every = [{"EngineVersion": version} for version in ("15.9", "16.14", "16.15", "17.2")]
        account.answers.give(
            "rds",
            "DescribeDBEngineVersions",
            lambda asked: {"DBEngineVersions": [] if "EngineVersion" in asked else every},
        )
        version = account.results()["Aurora PostgreSQL 16.13"]
        assert version.status is Status.FAILURE
        assert version.advice.endswith("to one of: 16.14, 16.15")

    def test_a_database_version_that_is_going(self, account: Account) -> None:
        account.answers.give("rds", "DescribeDBEngineVersions", {"DBEngineVersions": [{"Status": "deprecated"}]})
        assert account.results()["Aurora PostgreSQL 16.13"].status is Status.WARNING

    def test_a_database_class_that_is_not_offered(self, account: Account) -> None:
        every = [
            good_account.orderable(class_, US_WEST) for class_ in ("db.r6g.large", "db.r6i.large", "db.t4g.medium")
        ]
        account.answers.give(
            "rds",
            "DescribeOrderableDBInstanceOptions",
            lambda asked: {"OrderableDBInstanceOptions": [] if "DBInstanceClass" in asked else every},
        )
        class_ = account.results()["database: db.r7g.large"]
        assert class_.status is Status.FAILURE
        assert class_.advice.endswith("with one of: db.r6g.large, db.t4g.medium")

    def test_a_database_class_in_one_zone_only(self, account: Account) -> None:
        option = good_account.orderable("db.r7g.large", US_WEST, "a")
        account.answers.give("rds", "DescribeOrderableDBInstanceOptions", {"OrderableDBInstanceOptions": [option]})
        assert account.results()["database: db.r7g.large"].status is Status.WARNING
        assert account.results("database.readers=0")["database: db.r7g.large"].status is Status.OK

    def test_a_queue_version_that_is_not_offered(self, account: Account) -> None:
        versions = [{"EngineVersion": version} for version in ("6.2", "7.0")]
        account.answers.give("elasticache", "DescribeCacheEngineVersions", {"CacheEngineVersions": versions})
        queue = account.results()["ElastiCache Valkey 8.2"]
        assert queue.status is Status.FAILURE
        assert queue.advice.endswith("to one of: 6.2, 7.0")

    def test_a_queue_node_type_of_which_nothing_is_known(self, account: Account) -> None:
        account.answers.give("elasticache", "DescribeReservedCacheNodesOfferings", {})
        assert account.results()["queue: cache.m7g.large"].status is Status.WARNING

    @pytest.mark.parametrize(
        ("offered", "status"),
        [
            ([("1.35", "STANDARD_SUPPORT")], Status.FAILURE),
            ([("1.35", "STANDARD_SUPPORT"), ("1.36", "UNSUPPORTED")], Status.FAILURE),
            ([("1.35", "STANDARD_SUPPORT"), ("1.36", "EXTENDED_SUPPORT")], Status.WARNING),
        ],
    )
    def test_a_kubernetes_version(self, account: Account, offered: list[tuple[str, str]], status: Status) -> None:
        versions = [good_account.kubernetes(*each) for each in offered]
        account.answers.give("eks", "DescribeClusterVersions", {"clusterVersions": versions})
        version = account.results()["Kubernetes 1.36"]
        assert version.status is status
        assert version.advice.endswith("with one of: 1.35")

    def test_add_ons_that_are_not_offered(self, account: Account) -> None:
        offered = {"coredns": [], "vpc-cni": [good_account.addon("vpc-cni", "amd64")]}
        account.answers.give(
            "eks",
            "DescribeAddonVersions",
            lambda asked: {"addons": offered.get(asked["addonName"], [good_account.addon("other")])},
        )
        results = account.results()
        assert results["add-on coredns"].found == "not offered for Kubernetes 1.36 in us-west-2"
        assert results["add-on vpc-cni"].found == "not offered for arm64"
        assert results["add-on kube-proxy"].status is Status.OK


class TestImages:
    PRIVATE = "images.source=private"

    def test_an_empty_registry(self, account: Account) -> None:
        registry = account.results(self.PRIVATE)["private registry"]
        assert registry.status is Status.FAILURE
        missing, total = re.fullmatch(r"(\d+) of (\d+) missing: .*", registry.found).groups()
        assert missing == total
        assert int(total) > 10
        for name in ("airflow-eks/apache/airflow:3.3.2", "airflow-eks/charts/karpenter:1.14.3"):
            assert name in registry.found

    def test_what_is_missing_is_named(self, account: Account) -> None:
        def describe(asked: dict[str, Any]) -> dict[str, Any]:
            gone = asked["repositoryName"] == "mirror/charts/keda"
            return {"imageDetails": [] if gone else [{"imageDigest": good_account.pinned_digest(asked)}]}

        account.answers.give("ecr", "DescribeImages", describe)
        registry = account.results(self.PRIVATE, "images.prefix=mirror")["private registry"]
        assert re.fullmatch(r"1 of \d+ missing: mirror/charts/keda:2\.21\.1", registry.found)

    def test_another_image_under_a_pinned_tag(self, account: Account) -> None:
        account.answers.give("ecr", "DescribeImages", {"imageDetails": [{"imageDigest": "sha256:other"}]})
        results = account.results(self.PRIVATE)
        assert "private registry" not in results
        assert "airflow-eks/apache/spark:4.0.4" in results["private registry: digests"].found

    @pytest.mark.parametrize("version", scaled_versions())
    def test_an_image_for_another_kubernetes_version_is_not_asked_for(self, account: Account, version: str) -> None:
        registry = account.results(self.PRIVATE, f"cluster.kubernetes_version={version}")["private registry"]
        assert re.findall(r"/cluster-autoscaler:v(\d+\.\d+)", registry.found) == [version]

    def test_an_image_of_an_add_on_that_is_off_is_not_asked_for(self, account: Account) -> None:
        assert "opencost" in account.results(self.PRIVATE)["private registry"].found
        registry = account.results(self.PRIVATE, "addons.opencost=false")["private registry"]
        assert "opencost" not in registry.found

    def test_of_one_registry_images_alone(self, account: Account) -> None:
        registry = account.results("images.copied=docker.io")["private registry"]
        assert registry.status is Status.FAILURE
        assert "airflow-eks/apache/airflow:3.3.2" in registry.found
        assert "charts/" not in registry.found
        assert "karpenter" not in registry.found

    @pytest.mark.parametrize(
        ("context", "status", "said"),
        [
            ((), Status.OK, "100 times in 6 hours, which is 50 nodes started an hour with 3 NAT gateways"),
            (("size=dev",), Status.OK, "16 nodes started an hour with 1 NAT gateway"),
            (("size=large",), Status.WARNING, "and up to 60 workers may start at once"),
        ],
    )
    def test_docker_hub_counts_pulls(
        self, account: Account, context: tuple[str, ...], status: Status, said: str
    ) -> None:
        hub = account.results(*context)["Docker Hub"]
        assert hub.status is status
        assert "apache/airflow" in hub.found
        assert said in hub.found

    def test_docker_hub_is_not_asked_by_who_has_copies(self, account: Account) -> None:
        for context in (self.PRIVATE, "images.copied=docker.io"):
            assert "Docker Hub" not in account.results(context)

    def test_the_command_that_fills_it_is_named(self, account: Account) -> None:
        assert account.results(self.PRIVATE)["private registry"].advice.endswith("python -m ops mirror")
