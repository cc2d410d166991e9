"""The estimate: lines with their prices, and what they come to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.cost.prices import Price, Prices
from ops.cost.quantities import Per, Quantity
from ops.report import Output

HOURS = 730
"""Of a month, as AWS' own calculator has them."""
UNKNOWN = "not known here"
_WIDE = 100
"""Columns from which on all of a line has room beside each other."""

LEFT_OUT = (
    "data that leaves AWS or a zone, or passes NAT gateways, endpoints and the load balancer",
    "requests: Aurora I/O, S3, KMS, Secrets Manager",
    "backups and snapshots, kept logs, metrics and alarms",
    "disks of Karpenter's nodes, and what they hold beside the pods",
    "samples in Managed Prometheus, tax, support, free tiers, discounts and Savings Plans",
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A quantity and its price."""

    quantity: Quantity
    price: Price | None

    def month(self, units: float) -> float | None:
        """What so many units cost in a month."""
        if self.price is None:
            return None
        return units * self.price.amount * (HOURS if self.quantity.per is Per.HOUR else 1)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """All of it."""

    name: str
    partition: str
    region: str
    currency: str
    source: str
    why: str
    """Why it is this source."""
    lines: Sequence[Line]

    @property
    def unknown(self) -> list[str]:
        """What has no price here."""
        return [line.quantity.what for line in self.lines if line.price is None]

    @property
    def least(self) -> float:
        """What the known prices come to in a month where nothing runs that scales."""
        return sum(line.month(line.quantity.least) or 0 for line in self.lines)

    @property
    def most(self) -> float:
        """The same where all that scales runs at its limit for the whole month."""
        return sum(line.month(line.quantity.most) or 0 for line in self.lines)

    def write(self, output: Output, console: Console) -> None:
        """Print it."""
        if output is Output.JSON:
            print(json.dumps(self._as_dict(), indent=2), file=console.file)
            return
        console.print(self._table(narrow=console.width < _WIDE))
        for sentence in self.sentences():
            console.print(sentence, highlight=False, soft_wrap=True, markup=False)

    def sentences(self) -> list[str]:
        """What has to be said of the numbers."""
        said = [f"Prices: {self.source}{self._dates()}. {self.why}".rstrip()]
        others = sorted({line.price.region for line in self.lines if line.price} - {self.region, ""})
        if others:
            said.append(f"For want of prices of {self.region}, some are of {', '.join(others)}.")
        if self.unknown:
            said.append(f"The total is partial, for these prices are not known here: {', '.join(self.unknown)}.")
        return [*said, f"Not in it: {'; '.join(LEFT_OUT)}."]

    def _dates(self) -> str:
        dates = sorted({line.price.read.isoformat() for line in self.lines if line.price})
        if not dates:
            return ""
        return f" of {dates[0]}" if dates[0] == dates[-1] else f" of {dates[0]} to {dates[-1]}"

    def _table(self, *, narrow: bool) -> Table:
        title = f"cost · name {self.name} · region {self.region} · {self.currency} a month of {HOURS} hours"
        table = Table(title=escape(title), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
        # Numbers that are cut are wrong numbers: where there is no room beside each other, they stand below.
        columns = ["a month"] if narrow else ["units", "price", "a month"]
        table.add_column("component", overflow="fold", min_width=24, ratio=1 if narrow else None)
        for column in columns:
            table.add_column(column, justify="right", overflow="fold", no_wrap=not narrow)
        if not narrow:
            table.add_column("assumed; price of", overflow="fold", ratio=1)
        for component, lines in groupby(self.lines, key=lambda line: line.quantity.component):
            table.add_row(f"[bold]{escape(component)}[/]")
            for line in lines:
                cells = _cells(line, self.region)
                table.add_row(*map(escape, _below(*cells) if narrow else cells))
            table.add_section()
        total = _range(self.least, self.most)
        name = "[bold]total, partial[/]" if self.unknown else "[bold]total[/]"
        table.add_row(name, *[""] * (len(columns) - 1), f"[bold]{total}[/]")
        return table

    def _as_dict(self) -> dict[str, Any]:
        return {
            "command": "cost",
            "name": self.name,
            "partition": self.partition,
            "region": self.region,
            "currency": self.currency,
            "source": self.source,
            "why": self.why,
            "hours": HOURS,
            "lines": [_line(line) for line in self.lines],
            "total": {"least": round(self.least, 2), "most": round(self.most, 2), "partial": bool(self.unknown)},
            "unknown": self.unknown,
            "not_included": list(LEFT_OUT),
        }


def estimate(
    quantities: Iterable[Quantity], prices: Prices, *, name: str, partition: str, region: str, currency: str, why: str
) -> Estimate:
    """Put prices to quantities."""
    lines = [Line(quantity=quantity, price=prices.of(quantity.product)) for quantity in quantities]
    return Estimate(
        name=name,
        partition=partition,
        region=region,
        currency=currency,
        source=prices.name,
        why=why,
        lines=lines,
    )


def _range(least: float, most: float) -> str:
    return f"{least:,.2f}" if least == most else f"{least:,.2f} to {most:,.2f}"


def _cells(line: Line, region: str) -> tuple[str, ...]:
    quantity, price = line.quantity, line.price
    units = f"{quantity.least:g} to {quantity.most:g}" if quantity.scales else f"{quantity.least:g}"
    if price is None:
        return f"  {quantity.what}", units, UNKNOWN, UNKNOWN, quantity.assumed
    where = "" if price.region in (region, "") else price.region
    least, most = line.month(quantity.least) or 0, line.month(quantity.most) or 0
    notes = "; ".join(filter(None, (quantity.assumed, where)))
    return f"  {quantity.what}", units, f"{price.amount:g}/{quantity.per}", _range(least, most), notes


def _below(what: str, units: str, price: str, month: str, notes: str) -> tuple[str, str]:
    told = "; ".join(filter(None, (f"{units} × {price}", notes)))  # noqa: RUF001 - times
    return f"{what}\n  {told}", month


def _line(line: Line) -> dict[str, Any]:
    quantity, price = line.quantity, line.price
    return {
        "component": quantity.component,
        "what": quantity.what,
        "product": quantity.product.key,
        "units": {"least": quantity.least, "most": quantity.most},
        "per": quantity.per,
        "assumed": quantity.assumed,
        "price": None
        if price is None
        else {
            "amount": price.amount,
            "date": price.read.isoformat(),
            "source": price.source,
            "region": price.region or None,
        },
        "month": None
        if price is None
        else {
            "least": round(line.month(quantity.least) or 0, 2),
            "most": round(line.month(quantity.most) or 0, 2),
        },
    }
