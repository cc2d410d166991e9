"""Prices, from either source: AWS' price list, or the dated table that lies beside this module."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import yaml

from ops.aws import Aws
from ops.aws_errors import CALL_ERRORS, explain
from ops.cost.products import Product
from settings.partition import Partition

_TABLE = Path(__file__).parent / "prices.yaml"
_ANY = "any"


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one unit costs."""

    amount: float
    """In the currency of the partition."""
    read: date
    """Of what date it is."""
    source: str
    region: str
    """The region that it is of: the table has few, and another's price is better than none. Empty: not said."""


class Prices(Protocol):
    """A source of prices."""

    name: str

    def of(self, product: Product) -> Price | None:
        """The price of a product, or None where the source has none, or not one alone."""


class Table:
    """The prices of this repository."""

    name = "the table in ops/cost/prices.yaml"

    def __init__(self, *, partition: Partition, region: str, rows: list[dict[str, Any]] | None = None) -> None:
        read = yaml.safe_load(_TABLE.read_text(encoding="utf-8")) if rows is None else rows
        self._rows = [row for row in read if row["partition"] == partition.name]
        self._region = region

    def of(self, product: Product) -> Price | None:
        """The region's price, else another's of the same partition."""
        rows = [row for row in self._rows if row["product"] == product.key]
        if not rows:
            return None
        row = min(rows, key=lambda each: each["region"] != self._region)
        region = "" if row["region"] == _ANY else row["region"]
        return Price(amount=row["price"], read=row["date"], source=row["source"], region=region)


def at_price_list(aws: Aws, partition: Partition) -> Aws:
    """The same caller, in the region that answers for prices."""
    return Aws(session=aws.session, region=partition.price_list_region, account=aws.account, arn=aws.arn)


class PriceList:
    """AWS' own list, by its API in the region that has it. Raises AwsError where AWS does not answer."""

    name = "AWS' price list"

    def __init__(self, aws: Aws, *, partition: Partition, region: str) -> None:
        self._aws = aws
        self._currency, self._region = partition.currency, region
        self._known: dict[str, Price | None] = {}

    def of(self, product: Product) -> Price | None:
        """The price on demand, of the first units where there is a price by quantity."""
        if product.key not in self._known:
            self._known[product.key] = self._ask(product)
        return self._known[product.key]

    def _ask(self, product: Product) -> Price | None:
        attributes = {"regionCode": self._region, **product.attributes}
        filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in attributes.items()]
        try:
            answers = list(
                self._aws.pages("pricing", "get_products", "PriceList", ServiceCode=product.service, Filters=filters)
            )
        except CALL_ERRORS as error:
            raise explain(error) from None
        offers = [json.loads(answer) for answer in answers]
        fitting = [offer for offer in offers if _is_usage(offer["product"]["attributes"].get("usagetype", ""), product)]
        amounts = {amount for offer in fitting for amount in _on_demand(offer, self._currency)}
        if len(amounts) != 1:
            return None
        published = min(offer["publicationDate"] for offer in fitting)
        return Price(
            amount=amounts.pop(), read=date.fromisoformat(published[:10]), source=self.name, region=self._region
        )


def _is_usage(usage: str, product: Product) -> bool:
    """Whether a usage type is the product's: ``USW2-NatGateway-Hours`` is ``NatGateway-Hours``.

    A region's code stands before it, of some services its name, in us-east-1 mostly nothing.
    """
    code = r"([A-Z]{2,4}\d?-|[a-z]{2}(-[a-z]+)+-\d-)?"
    return re.fullmatch(code + re.escape(product.usage), usage) is not None


def _on_demand(offer: Mapping[str, Any], currency: str) -> set[float]:
    """Prices of the first units. What is free for the first units has a price of 0, and is no price here."""
    found = set()
    for term in offer.get("terms", {}).get("OnDemand", {}).values():
        dimensions = [each for each in term["priceDimensions"].values() if currency in each["pricePerUnit"]]
        paid = [each for each in dimensions if float(each["pricePerUnit"][currency]) > 0]
        if paid:
            first = min(paid, key=lambda each: float(each.get("beginRange", 0)))
            found.add(float(first["pricePerUnit"][currency]))
    return found
