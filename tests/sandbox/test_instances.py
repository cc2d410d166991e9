"""Prices of instances, what a fleet was asked for, and instances that are gone."""

from __future__ import annotations

import json

import pytest

from ops.sandbox.aws import Aws
from ops.sandbox.inventory import take_inventory
from ops.sandbox.process import Sandbox
from tests.sandbox.moto_cases_instances import launch
from tests.sandbox.moto_things import CHINA

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("region", "at", "currency"), [("us-west-2", "us-east-1", "USD"), (CHINA, "cn-northwest-1", "CNY")]
)
def test_price_list_has_instances(server: Sandbox, region: str, at: str, currency: str) -> None:
    """As Karpenter asks: those of virtual machines, then those of bare metal."""
    prices = Aws(endpoint=server.endpoint, region=at)
    found = {}
    for tenancy, family in (("Shared", "Compute Instance"), ("Dedicated", "Compute Instance (bare metal)")):
        wanted = {"regionCode": region, "tenancy": tenancy, "productFamily": family, "operatingSystem": "Linux"}
        filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in wanted.items()]
        listed = prices.call("pricing", "get_products", ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
        for offer in map(json.loads, listed):
            ((dimension,),) = [term["priceDimensions"].values() for term in offer["terms"]["OnDemand"].values()]
            found[offer["product"]["attributes"]["instanceType"]] = float(dimension["pricePerUnit"][currency])
    assert found["c6g.large"] < found["m6g.large"] < found["r6g.large"] < found["c6g.xlarge"]
    assert "c6g.metal" in found


def test_price_list_has_nothing_else(server: Sandbox) -> None:
    prices = Aws(endpoint=server.endpoint, region="us-east-1")
    assert prices.call("pricing", "get_products", ServiceCode="AmazonRDS")["PriceList"] == []
    windows = [{"Type": "TERM_MATCH", "Field": "operatingSystem", "Value": "Windows"}]
    assert prices.call("pricing", "get_products", ServiceCode="AmazonEC2", Filters=windows)["PriceList"] == []


def test_a_fleet_is_remembered_and_its_instance_leaves_nothing(aws: Aws) -> None:
    before = take_inventory(aws)
    launch(aws.client, "spot", "m6g.large", "c6g.large")
    fleet = aws.call("ec2", "describe_fleets")["Fleets"][-1]
    (asked,) = fleet["LaunchTemplateConfigs"]
    assert [each["InstanceType"] for each in asked["Overrides"]] == ["m6g.large", "c6g.large"]
    assert fleet["TargetCapacitySpecification"]["DefaultTargetCapacityType"] == "spot"
    left = {found.kind for found in take_inventory(aws).since(before)}
    assert not left & {"instance", "volume", "network interface"}, left
