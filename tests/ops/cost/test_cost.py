"""`ops cost` as a person types it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from ops.aws_errors import AwsError, Kind
from ops.commands import app
from ops.cost.estimate import HOURS, UNKNOWN
from ops.cost.products import Product
from settings import PARTITIONS
from tests.ops.answers import Answers, forget, make_aws
from tests.ops.cost.counting import counted
from tests.ops.cost.price_list import FakePriceList
from tests.support.assembly import write_assembly
from tests.support.deployment import Deployment
from tests.support.synthesis import AWS, BEIJING, synthesize


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cost", *arguments], env={"COLUMNS": "160"})


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    with mock_aws():
        yield
    forget()


@pytest.fixture(scope="module")
def synthesized(aws: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(aws, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="module")
def synthesized_in_china(beijing: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(beijing, tmp_path_factory.mktemp("cdk.out"))


class TestCommand:
    def test_from_the_price_list(self, synthesized: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = self.listed(AWS, synthesized, monkeypatch)
        assert (told["currency"], told["partition"], told["region"]) == ("USD", "aws", "us-west-2")
        assert (told["source"], told["why"], told["unknown"]) == ("AWS' price list", "", [])
        assert told["total"]["partial"] is False
        assert told["total"]["least"] == pytest.approx(sum(line["month"]["least"] for line in told["lines"]), abs=0.2)

    def test_from_the_price_list_of_china(self, synthesized_in_china: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = self.listed(BEIJING, synthesized_in_china, monkeypatch)
        assert (told["currency"], told["partition"], told["region"]) == ("CNY", "aws-cn", "cn-north-1")
        assert told["total"]["partial"] is False

    def test_from_the_table(self, synthesized: Path) -> None:
        result = run(str(synthesized), "--prices", "table")
        assert result.exit_code == 0, result.output
        for said in (
            "USD a month of 730 hours",
            "ElastiCache cache.m7g.large",
            UNKNOWN,
            "total, partial",
            "Prices: the table in ops/cost/prices.yaml of 2024-02-05 to ",
            "For want of prices of us-west-2, some are of us-east-1.",
            "a guess: see your own usage",
            "Not in it: data that leaves AWS",
        ):
            assert said in result.output

    def test_from_the_table_of_china(self, synthesized_in_china: Path) -> None:
        told = json.loads(run(str(synthesized_in_china), "--prices", "table", "--output", "json").output)
        nodes = next(line for line in told["lines"] if line["what"] == "system nodes m7g.xlarge")
        assert told["currency"] == "CNY"
        assert nodes["price"]["amount"] == 1.7225
        assert nodes["month"] == pytest.approx({"least": 3 * 1.7225 * HOURS, "most": 3 * 1.7225 * HOURS}, abs=0.01)
        assert "secrets" in told["unknown"]

    def test_denied_means_the_table_and_says_so(self, synthesized: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.denied(monkeypatch)
        told = json.loads(run(str(synthesized), "--output", "json").output)
        assert told["source"] == "the table in ops/cost/prices.yaml"
        assert told["why"].startswith("AWS' price list was not read: ")
        assert "pricing:GetProducts" in told["why"]
        assert told["total"]["partial"] is True

    def test_denied_is_an_error_where_nothing_else_will_do(
        self, synthesized: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.denied(monkeypatch)
        result = run(str(synthesized), "--prices", "aws")
        assert result.exit_code == 2
        assert "pricing:GetProducts" in result.stderr
        assert result.stdout == ""

    def test_no_credentials(self, synthesized: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody(**_: object) -> None:
            raise AwsError("no AWS credentials were found.", Kind.CREDENTIALS)

        monkeypatch.setattr("ops.cost.command.connect", nobody)
        assert "AWS' price list was not read: no AWS credentials were found." in run(str(synthesized)).output
        assert run(str(synthesized), "--prices", "aws").exit_code == 2

    def test_no_assembly(self, tmp_path: Path) -> None:
        result = run(str(tmp_path))
        assert (result.exit_code, result.stderr) == (
            2,
            f"{tmp_path} holds no synthesized application; run `make synth` or `cdk synth` first\n",
        )

    def test_a_region_that_nobody_knows(self, aws: Deployment, tmp_path: Path) -> None:
        write_assembly(replace(aws, environment="aws://unknown-account/unknown-region"), tmp_path)
        result = run(str(tmp_path))
        assert (result.exit_code, result.stderr) == (2, f"{tmp_path}: the region unknown-region is not known\n")

    def listed(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
        deployment = synthesize(name)
        partition = PARTITIONS[deployment.settings.partition]
        wanted: list[tuple[Product, str]] = [
            (product, "0.25") for product in {line.product.key: line.product for line in counted(name)}.values()
        ]
        fake = FakePriceList(wanted, region=deployment.settings.region, currency=partition.currency, code="USW2")
        there = make_aws(partition.price_list_region, partition.name)
        Answers(there).give("pricing", "GetProducts", fake)
        monkeypatch.setattr("ops.cost.command.connect", lambda **_: make_aws())
        monkeypatch.setattr("ops.cost.command.at_price_list", lambda _aws, _partition: there)
        result = run(str(folder), "--output", "json")
        assert result.exit_code == 0, result.output
        told: dict[str, object] = json.loads(result.stdout)
        return told

    def denied(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = make_aws("us-east-1")
        message = (
            "User: arn:aws:sts::123456789012:assumed-role/Admin/me is not authorized to perform: pricing:GetProducts"
        )
        Answers(there).refuse("pricing", "GetProducts", "AccessDeniedException", message)
        monkeypatch.setattr("ops.cost.command.connect", lambda **_: make_aws())
        monkeypatch.setattr("ops.cost.command.at_price_list", lambda _aws, _partition: there)
