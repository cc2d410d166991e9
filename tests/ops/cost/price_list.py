"""A price list that answers as AWS' API does, by the shape that its documentation gives.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ops.cost.products import Product

Asked = dict[str, Any]


def offer(
    usage: str,
    amounts: Mapping[str, str],
    *,
    begins: str = "0",
    term: str = "OnDemand",
) -> dict[str, Any]:
    """An offer with one price in some currencies."""
    dimension = {"unit": "Hrs", "beginRange": begins, "endRange": "Inf", "pricePerUnit": dict(amounts)}
    return {
        "product": {"sku": "S", "attributes": {"usagetype": usage}},
        "serviceCode": "any",
        "terms": {term: {"S.T": {"priceDimensions": {"S.T.D": dimension}}}},
        "publicationDate": "2026-11-03T10:00:00Z",
    }


class FakePriceList:
    """Answers GetProducts, and keeps what was asked."""

    def __init__(self, products: Sequence[tuple[Product, str]], *, region: str, currency: str, code: str) -> None:
        self._products, self._region, self._currency, self._code = products, region, currency, code
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> dict[str, Any]:
        self.asked.append(asked)
        wanted = {each["Field"]: each["Value"] for each in asked["Filters"]}
        assert wanted.pop("regionCode") == self._region
        offers = [
            # What a person must not be billed for: reserved instances, and what is named alike.
            offer(f"{self._code}-NotThis:{product.usage}", {self._currency: "1000"})
            for product, _ in self._products
        ]
        for product, amount in self._products:
            if product.service == asked["ServiceCode"] and dict(product.attributes) == wanted:
                offers.append(offer(f"{self._code}-{product.usage}", {self._currency: amount}))
                offers.append(offer(f"{self._code}-{product.usage}", {self._currency: "9"}, term="Reserved"))
        return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(each) for each in offers]}
