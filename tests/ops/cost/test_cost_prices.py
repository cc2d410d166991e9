"""Prices, from the table and from AWS' price list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from moto import mock_aws

from ops.cost import products
from ops.cost.estimate import HOURS, estimate
from ops.cost.prices import PriceList, Table
from settings import PARTITIONS
from tests.ops.answers import Answers, forget, make_aws
from tests.ops.cost.counting import SIZES, counted
from tests.ops.cost.price_list import FakePriceList, offer
from tests.support.synthesis import AWS, BEIJING, NINGXIA, synthesize


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    with mock_aws():
        yield
    forget()


class TestTable:
    def test_the_total_is_the_sum_of_what_is_known(self) -> None:
        lines = counted(AWS)
        found = estimate(
            lines,
            Table(partition=PARTITIONS["aws"], region="us-west-2"),
            name="airflow",
            partition="aws",
            region="us-west-2",
            currency="USD",
            why="",
        )
        gigabytes = 350 * 0.08 + 20 * 0.10 + 0.30 + 10 * 0.023 + 20 * 0.50
        alarms = 28 * 0.10 + 3.00
        hourly = 24 * 0.01 + 0.10 + 3 * 0.1632 + 3.125 * 0.0816 + 3 * 0.045 + 0.0225 + 2 * 0.276
        secrets = next(line.least for line in lines if line.product.key == "secrets-manager/secret")
        assert found.least == pytest.approx(hourly * HOURS + gigabytes + alarms + 1 + secrets * 0.40)
        assert found.most == pytest.approx(found.least + (20 + 32 + 64) * 0.0816 * HOURS)  # workers, Spark, task pods
        assert "ElastiCache cache.m7g.large" in found.unknown

    def test_rows_say_where_they_are_from(self) -> None:
        rows = [row for each in PARTITIONS.values() for row in Table(partition=each, region="x")._rows]
        assert len(rows) > 10
        per = {line.product.key: line.per for name in SIZES for line in counted(name)}
        for row in rows:
            assert row["source"].startswith("https://"), row
            assert date(2018, 1, 1) < row["date"] <= date.today(), row
            assert row["price"] > 0, row
            assert row["per"] == per.get(row["product"], "hour"), row
        keys = [(row["product"], row["partition"], row["region"]) for row in rows]
        assert len(keys) == len(set(keys))

    def test_rows_are_of_what_is_counted(self) -> None:
        # Of instances the table has more types than the size classes use.
        known = {line.product.key for name in (*SIZES, "sidecar") for line in counted(name)} | {"ec2/m7g.4xlarge"}
        rows = [row for each in PARTITIONS.values() for row in Table(partition=each, region="x")._rows]
        assert {row["product"] for row in rows} <= known

    def test_the_regions_own_price_comes_first(self) -> None:
        def row(region: str, price: float) -> dict[str, object]:
            read = {"date": date(2026, 1, 1), "source": "s"}
            return {"product": "kms/key", "partition": "aws", "region": region, "price": price, **read}

        rows = [row("us-east-1", 1.0), row("eu-west-1", 2.0)]
        table = Table(partition=PARTITIONS["aws"], region="eu-west-1", rows=rows)
        assert table.of(products.KEY) is not None
        assert (table.of(products.KEY).amount, table.of(products.KEY).region) == (2.0, "eu-west-1")
        other = Table(partition=PARTITIONS["aws"], region="eu-north-1", rows=rows)
        assert (other.of(products.KEY).amount, other.of(products.KEY).region) == (1.0, "us-east-1")

    def test_no_price_of_another_partition(self) -> None:
        assert Table(partition=PARTITIONS["aws-cn"], region="cn-north-1").of(products.SECRET) is None


class TestPriceList:
    @pytest.mark.parametrize("name", [*SIZES, BEIJING, NINGXIA])
    def test_every_line_has_a_price(self, name: str) -> None:
        deployment = synthesize(name)
        partition, region = PARTITIONS[deployment.settings.partition], deployment.settings.region
        lines = counted(name)
        wanted = {line.product.key: line.product for line in lines}
        fake = FakePriceList(
            [(product, f"{number}.5") for number, product in enumerate(wanted.values(), 1)],
            region=region,
            currency=partition.currency,
            code="USW2",
        )
        aws = make_aws(partition.price_list_region, partition.name)
        Answers(aws).give("pricing", "GetProducts", fake)
        found = estimate(
            lines,
            PriceList(aws, partition=partition, region=region),
            name="a",
            partition=partition.name,
            region=region,
            currency=partition.currency,
            why="",
        )
        assert found.unknown == []
        amounts = {key: number + 0.5 for number, key in enumerate(wanted, 1)}
        assert [line.price.amount for line in found.lines] == [
            amounts[line.quantity.product.key] for line in found.lines
        ]
        assert {line.price.region for line in found.lines} == {region}
        assert {line.price.read for line in found.lines} == {date(2026, 11, 3)}
        # Each product once, though several lines use it.
        assert len(fake.asked) == len(wanted)

    def test_where_it_is_and_what_it_bills_in(self) -> None:
        assert {name: (each.price_list_region, each.currency) for name, each in PARTITIONS.items()} == {
            "aws": ("us-east-1", "USD"),
            "aws-cn": ("cn-northwest-1", "CNY"),
        }

    @pytest.mark.parametrize(
        ("offers", "expected"),
        [
            ([], None),
            ([offer("USW2-KMS-Keys", {"USD": "1.0"})], 1.0),
            ([offer("us-west-2-KMS-Keys", {"USD": "1.0"})], 1.0),
            ([offer("KMS-Keys", {"USD": "1.0"})], 1.0),
            ([offer("USW2-KMS-Keys-Other", {"USD": "1.0"})], None),
            ([offer("USW2-KMS-Keys", {"CNY": "7.0"})], None),
            ([offer("USW2-KMS-Keys", {"USD": "1.0"}), offer("USW2-KMS-Keys", {"USD": "2.0"})], None),
            ([offer("USW2-KMS-Keys", {"USD": "0.0"}), offer("USW2-KMS-Keys", {"USD": "2.0"}, begins="100")], 2.0),
            ([offer("USW2-KMS-Keys", {"USD": "1.0"}, term="Reserved")], None),
        ],
    )
    def test_only_one_price_is_a_price(self, offers: list[dict[str, object]], expected: float | None) -> None:
        aws = make_aws("us-east-1")
        Answers(aws).give("pricing", "GetProducts", {"PriceList": [json.dumps(each) for each in offers]})
        price = PriceList(aws, partition=PARTITIONS["aws"], region="us-west-2").of(products.KEY)
        assert (price.amount if price else None) == expected

    def test_of_prices_by_quantity_the_first(self) -> None:
        tiers = offer("TimedStorage-ByteHrs", {"USD": "0.023"})
        [term] = tiers["terms"]["OnDemand"].values()
        term["priceDimensions"]["more"] = {"beginRange": "51200", "pricePerUnit": {"USD": "0.022"}}
        term["priceDimensions"]["free"] = {"beginRange": "0", "pricePerUnit": {"USD": "0"}}
        aws = make_aws("us-east-1")
        Answers(aws).give("pricing", "GetProducts", {"PriceList": [json.dumps(tiers)]})
        assert PriceList(aws, partition=PARTITIONS["aws"], region="us-east-1").of(products.OBJECTS).amount == 0.023
