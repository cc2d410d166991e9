"""The estimate in terminals of any width: nothing of a number is cut."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from rich.console import Console

from ops.cost.estimate import Estimate, Line
from ops.cost.prices import Price
from ops.cost.products import Product
from ops.cost.quantities import Quantity
from ops.report import Output

PRICE = Price(amount=0.0816, read=date(2026, 11, 1), source="table", region="us-east-1")
ASSUMED = "vCPUs that the pods ask for, as m7g.large; Karpenter chooses the nodes"


def written(width: int) -> str:
    product = Product(key="x", service="x", usage="x")
    lines = [
        Quantity(component="Airflow", what="workers at most, vCPUs of m7g.large", product=product, least=0, most=123456,
                 assumed=ASSUMED),
        Quantity(component="Data", what="Aurora db.r7g.large", product=product, least=2, most=2),
    ]  # fmt: skip
    estimate = Estimate(
        name="airflow", partition="aws", region="us-west-2", currency="USD", source="the table", why="",
        lines=[Line(quantity=lines[0], price=PRICE), Line(quantity=lines[1], price=None)],
    )  # fmt: skip
    file = io.StringIO()
    estimate.write(Output.TABLE, Console(file=file, width=width, emoji=False))
    return file.getvalue().partition("Prices:")[0]


@pytest.mark.parametrize("width", [60, 80, 99, 100, 160])
def test_every_number_and_note_is_there(width: int) -> None:
    table = written(width)
    assert max(len(line) for line in table.splitlines()) <= width
    assert "…" not in table
    assert "0 to 123456" in table
    assert "0.0816/hour" in table
    assert table.count("0.00 to 7,354,027.01") == 2  # of the line, and of the total
    assert "not known here" in table
    words = re.sub(r"[^\w.;]+", " ", table)
    assert all(word.strip(",;") in words for word in ASSUMED.split())


def test_what_has_room_is_beside_each_other() -> None:
    assert "assumed; price of" in written(160)
    assert "assumed; price of" not in written(80)
