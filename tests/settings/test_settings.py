"""What is chosen, by whom, and what follows from it."""

from typing import Any, get_args

import pytest

from settings import PARTITIONS, build_settings, load_releases, load_settings
from settings.sizes import DEFAULT_SIZE, SIZES, Size

VERSIONS = load_releases().kubernetes.versions
ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
EXISTING_VPC = {
    "id": "vpc-0123456789abcdef0",
    "cidr": "172.16.0.0/12",
    "private_subnet_ids": ["subnet-0a000001", "subnet-0a000002", "subnet-0a000003"],
    "isolated_subnet_ids": ["subnet-0b000001", "subnet-0b000002", "subnet-0b000003"],
}


def at(settings: Any, key: str) -> Any:
    """The value of a dotted key."""
    for part in key.split("."):
        settings = getattr(settings, part)
    return settings


def test_nothing_has_to_be_set():
    settings = load_settings({})
    assert (settings.name, settings.partition, settings.region, settings.size) == (
        "airflow",
        "aws",
        "us-west-2",
        DEFAULT_SIZE,
    )


class TestPrecedence:
    KEY = "airflow.workers.max"

    def test_size_class_lies_above_the_default(self):
        assert at(load_settings({"size": "dev"}), self.KEY) == SIZES["dev"][self.KEY]

    def test_block_lies_above_the_size_class(self):
        assert at(load_settings({"settings": {"size": "dev", self.KEY: 7}}), self.KEY) == 7

    def test_command_line_lies_above_the_block(self):
        context = {"settings": {"size": "dev", self.KEY: 7}, self.KEY: "9"}
        assert at(load_settings(context), self.KEY) == 9

    def test_command_line_wins_wherever_it_stands(self):
        assert at(load_settings({self.KEY: "9", "settings": {self.KEY: 7}}), self.KEY) == 9

    def test_size_on_the_command_line_does_not_undo_single_values_in_the_block(self):
        settings = load_settings({"settings": {"size": "dev", self.KEY: 7}, "size": "large"})
        assert at(settings, self.KEY) == 7
        assert settings.airflow.workers.concurrency == SIZES["large"]["airflow.workers.concurrency"]

    def test_a_block_on_the_command_line_is_merged_into_the_one_in_cdk_json(self):
        context = {"settings": {"airflow": {"workers": {"min": 2, "max": 7}}}, "airflow": '{"workers": {"max": 9}}'}
        workers = load_settings(context).airflow.workers
        assert (workers.min, workers.max) == (2, 9)

    def test_a_list_is_replaced_whole(self):
        context = {"settings": {"airflow": {"ingress": {"allowed_cidrs": ["10.0.0.0/8"]}}}}
        context["airflow.ingress.allowed_cidrs"] = "192.0.2.0/24"
        assert load_settings(context).airflow.ingress.allowed_cidrs == ("192.0.2.0/24",)


class TestForms:
    @pytest.mark.parametrize(
        "block",
        [
            {"airflow": {"workers": {"min": 3, "max": 40}}},
            {"airflow.workers.min": 3, "airflow.workers.max": 40},
            {"airflow": {"workers.min": 3, "workers": {"max": 40}}},
            {"airflow.workers": {"min": 3}, "airflow": {"workers": {"max": 40}}},
        ],
        ids=["nested", "dotted", "mixed", "dotted section"],
    )
    def test_block_may_be_nested_dotted_or_both(self, block: dict[str, Any]):
        workers = load_settings({"settings": block}).airflow.workers
        assert (workers.min, workers.max) == (3, 40)

    @pytest.mark.parametrize("block", [{"airflow": {}}, {"airflow": {"workers": {}}}, {"tags": {}}, {}])
    def test_an_empty_block_chooses_nothing(self, block: dict[str, Any]):
        assert load_settings({"settings": block}) == load_settings({})

    @pytest.mark.parametrize("value", [",".join(ZONES), ", ".join(ZONES), '["us-west-2a","us-west-2b","us-west-2c"]'])
    def test_list_on_the_command_line_is_comma_separated_or_json(self, value: str):
        assert load_settings({"network.availability_zones": value}).network.availability_zones == ZONES

    def test_list_in_the_block(self):
        assert load_settings(
            {"settings": {"network": {"availability_zones": list(ZONES)}}}
        ).network.availability_zones == (ZONES)

    @pytest.mark.parametrize(
        ("key", "typed", "meant"),
        [
            ("airflow.workers.max", "40", 40),
            ("network.zones", "2", 2),
            ("logs.retention_days", "30", 30),
            ("airflow.workers.spot", "false", False),
            ("network.flow_logs", "true", True),
            ("cluster.public_access", "true", True),
            ("airflow.workers.cpu", "2", "2"),
            ("cluster.kubernetes_version", "1.35", "1.35"),
        ],
    )
    def test_numbers_and_booleans_come_as_text(self, key: str, typed: str, meant: object):
        value = at(load_settings({key: typed}), key)
        assert value == meant
        assert type(value) is type(meant)

    def test_tags_by_block_and_by_key(self):
        settings = load_settings({"settings": {"tags": {"team": "data", "a.b/c": "1"}}, "tags.cost:center": "4711"})
        assert settings.tags == {"team": "data", "a.b/c": "1", "cost:center": "4711"}

    def test_null_in_the_block_unsets(self):
        assert (
            load_settings({"settings": {"size": "dev", "cluster": {"public_access": None}}}).cluster.public_access
            is None
        )
        assert load_settings({"settings": {"network": {"existing_vpc": None}}}).network.existing_vpc is None

    def test_a_key_below_something_unset(self):
        context = {"settings": {"network": {"existing_vpc": None, "availability_zones": list(ZONES)}}}
        context |= {f"network.existing_vpc.{key}": value for key, value in EXISTING_VPC.items()}
        vpc = load_settings(context).network.existing_vpc
        assert vpc is not None
        assert vpc.id == EXISTING_VPC["id"]

    def test_the_cdk_s_own_keys_are_ignored(self):
        context = {
            "@aws-cdk/core:target-partitions": ["aws", "aws-cn"],
            "aws:cdk:enable-path-metadata": True,
            "aws-cdk:enableDiffNoFail": "true",
            "availability-zones:account=123456789012:region=us-west-2": list(ZONES),
            "vpc-provider:account=123456789012:filter.vpc-id=vpc-1:region=us-west-2": {"vpcId": "vpc-1"},
            "acknowledged-issue-numbers": [1],
            "cli-telemetry": False,
        }
        assert load_settings(context) == load_settings({})

    def test_settings_are_frozen_and_comparable(self):
        settings = build_settings({"airflow": {"workers": {"max": 40}}})
        assert settings == load_settings({"airflow.workers.max": "40"})
        with pytest.raises(ValueError, match="frozen"):
            settings.region = "us-east-1"


class TestSizes:
    def test_a_table_for_every_size_class(self):
        assert set(SIZES) == set(get_args(Size))

    @pytest.mark.parametrize("partition", PARTITIONS)
    @pytest.mark.parametrize("size", SIZES)
    def test_every_size_is_valid_in_every_partition(self, size: Size, partition: str):
        settings = load_settings({"size": size, "partition": partition})
        assert {key: at(settings, key) for key in SIZES[size]} == SIZES[size]

    @pytest.mark.parametrize("partition", PARTITIONS)
    def test_every_region_of_a_partition(self, partition: str):
        for region in PARTITIONS[partition].regions:
            # Not every region has AWS CodeCommit.
            context = {"partition": partition, "region": region, "dags.git.url": "https://git.example.com/dags.git"}
            assert load_settings(context).region == region

    def test_three_zones_in_every_size_where_the_region_has_them(self):
        assert {load_settings({"size": size}).network.zones for size in SIZES} == {3}
        assert load_settings({"region": "us-west-1"}).network.zones == 2
        assert load_settings({"region": "us-west-1", "network.zones": "3"}).network.zones == 3

    @pytest.mark.parametrize("size", SIZES)
    def test_each_value_of_a_size_can_be_overridden_by_itself(self, size: Size):
        # Of the class next to it: with a value of a far one, the numbers may not fit together.
        sizes: list[Size] = list(SIZES)
        other = sizes[sizes.index(size) + 1] if size != sizes[-1] else sizes[-2]
        for key, value in SIZES[other].items():
            chosen = {"size": size, key: value}
            settings = load_settings({"settings": chosen})
            assert at(settings, key) == value
            untouched = {each: expected for each, expected in SIZES[size].items() if each != key}
            assert {each: at(settings, each) for each in untouched} == untouched

    @pytest.mark.parametrize("size", [size for size in SIZES if size != "dev"])
    def test_only_dev_may_be_lost(self, size: Size):
        settings = load_settings({"size": size})
        assert settings.removal == "keep"
        assert settings.deletion_protection
        assert not settings.cluster.has_public_endpoint


class TestDefaults:
    @pytest.mark.parametrize(
        ("partition", "region", "source", "timezone"),
        [("aws", "us-west-2", "upstream", "UTC"), ("aws-cn", "cn-north-1", "private", "Asia/Shanghai")],
    )
    def test_of_the_partition(self, partition: str, region: str, source: str, timezone: str):
        settings = load_settings({"partition": partition})
        assert (settings.region, settings.images.source, settings.airflow.timezone) == (region, source, timezone)
        assert settings.facts is PARTITIONS[partition]

    def test_of_the_partition_can_be_overridden(self):
        chosen = {"region": "cn-northwest-1", "images.source": "upstream", "airflow.timezone": "UTC"}
        settings = load_settings({"partition": "aws-cn", **chosen})
        assert (settings.region, settings.images.source) == ("cn-northwest-1", "upstream")
        assert settings.airflow.timezone == "UTC"

    @pytest.mark.parametrize("version", [key for key, each in VERSIONS.items() if each.karpenter is None])
    def test_every_kubernetes_version_that_karpenter_knows(self, version: str):
        assert load_settings({}).cluster.kubernetes_version == load_releases().kubernetes.default
        assert load_settings({"cluster.kubernetes_version": version}).cluster.kubernetes_version == version

    @pytest.mark.parametrize(
        ("chosen", "public"),
        [
            ({}, False),
            ({"size": "dev"}, True),
            ({"size": "dev", "cluster.public_access": "false"}, False),
            ({"cluster.public_access_cidrs": "192.0.2.1"}, True),
            ({"cluster.public_access": "true"}, True),
        ],
    )
    def test_of_the_api_server_s_endpoint(self, chosen: dict[str, str], public: bool):
        assert load_settings(chosen).cluster.has_public_endpoint is public

    @pytest.mark.parametrize(
        ("chosen", "scheme"),
        [
            ({}, "internal"),
            ({"certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0123"}, "internet-facing"),
            (
                {"certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0123", "scheme": "internal"},
                "internal",
            ),
            ({"scheme": "internet-facing", "allow_http": "true"}, "internet-facing"),
        ],
    )
    def test_of_the_load_balancer_s_scheme(self, chosen: dict[str, str], scheme: str):
        settings = load_settings({f"airflow.ingress.{key}": value for key, value in chosen.items()})
        assert settings.airflow.ingress.effective_scheme == scheme
