"""AWS' price list, of which moto has nothing: ``pricing:GetProducts``, for EC2 instances on demand with Linux."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from ops.sandbox import instance_prices
from ops.sandbox.regions import region_named
from settings import PARTITIONS

TARGET = "AWSPriceListService.GetProducts"
"""By what header the front knows it."""
_SERVICE = "AmazonEC2"
_SAME = {
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "serviceCode": _SERVICE,
}


def answer(body: bytes) -> bytes:
    """The answer to a request: all of it at once, whatever ``MaxResults`` says."""
    asked = json.loads(body)
    wanted = {each["Field"]: each["Value"] for each in asked.get("Filters", [])}
    region = wanted.get("regionCode")
    products = _products(region) if asked.get("ServiceCode") == _SERVICE and region else ()
    found = [json.dumps(product) for product in products if wanted.items() <= product["product"]["attributes"].items()]
    return json.dumps({"FormatVersion": "aws_v1", "PriceList": found}).encode()


def _products(region: str) -> Iterator[dict[str, Any]]:
    currency = PARTITIONS[region_named(region).partition].currency
    for offered in INSTANCE_TYPE_OFFERINGS["region"].get(region, []):
        name = offered["InstanceType"]
        price = instance_prices.on_demand(name)
        if price is None:
            continue
        metal = INSTANCE_TYPES[name].get("BareMetal")
        attributes = {
            **_SAME,
            "instanceType": name,
            "productFamily": "Compute Instance (bare metal)" if metal else "Compute Instance",
            "regionCode": region,
            "tenancy": "Dedicated" if metal else "Shared",
        }
        dimension = {"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {currency: str(price)}}
        yield {
            "product": {"attributes": attributes},
            "serviceCode": _SERVICE,
            "terms": {"OnDemand": {name: {"priceDimensions": {name: dimension}}}},
        }
