"""``ops cost``: what the synthesized platform costs in a month."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.assembly import read_assembly
from ops.aws import connect
from ops.aws_errors import AwsError
from ops.contents import Contents
from ops.cost.estimate import Estimate, estimate
from ops.cost.prices import PriceList, Table, at_price_list
from ops.cost.quantities import Quantity, quantities
from ops.errors import OpsError, explained
from ops.options import NameOption, OutputOption, ProfileOption
from ops.report import Output
from settings import PARTITIONS
from settings.partition import Partition


class Source(StrEnum):
    """Where prices are to come from."""

    AUTO = "auto"
    AWS = "aws"
    TABLE = "table"


def cost(
    *,
    assembly: Annotated[Path, typer.Argument(help="Folder that `cdk synth` wrote.")] = Path("cdk.out"),
    prices: Annotated[
        Source, typer.Option(help="auto: AWS' price list, or the table where AWS does not let you read it.")
    ] = Source.AUTO,
    name: NameOption = None,
    profile: ProfileOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Estimate what the synthesized platform costs in a month, by component, from list prices.

    Run `cdk synth` with your settings before. Exit code: 0 printed, 2 not run.
    """
    with explained():
        contents = Contents(read_assembly(assembly, name=name))
        region = contents.assembly.region
        partition = next((each for each in PARTITIONS.values() if region in each.regions), None)
        if partition is None:
            raise OpsError(f"{assembly}: the region {region or 'of the application'} is not known")
        found = _priced(contents, partition, prices, profile)
    found.write(output, Console(emoji=False))


def _priced(contents: Contents, partition: Partition, source: Source, profile: str | None) -> Estimate:
    lines, region = quantities(contents), contents.assembly.region
    why = ""
    if source is not Source.TABLE:
        try:
            aws = connect(region=region, partition=partition.name, profile=profile)
            listed = PriceList(at_price_list(aws, partition), partition=partition, region=region)
            return _estimate(contents, partition, lines, listed, why)
        except AwsError as error:
            if source is Source.AWS:
                raise
            why = f"AWS' price list was not read: {error}"
    return _estimate(contents, partition, lines, Table(partition=partition, region=region), why)


def _estimate(
    contents: Contents, partition: Partition, lines: list[Quantity], prices: PriceList | Table, why: str
) -> Estimate:
    return estimate(
        lines,
        prices,
        name=contents.assembly.root.name,
        partition=partition.name,
        region=contents.assembly.region,
        currency=partition.currency,
        why=why,
    )
