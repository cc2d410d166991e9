"""settings/support.yaml speaks of everything that is pinned, and nothing that is pinned was out of support by it."""

from __future__ import annotations

import re

import pytest

from ops.releases.pinned import Pin, pinned
from ops.releases.support import SupportTable, load_support, numbers
from settings import load_releases


@pytest.fixture(scope="module")
def table() -> SupportTable:
    return load_support()


PINS = list(pinned(load_releases()))
EVERY_PIN = pytest.mark.parametrize("pin", PINS, ids=[pin.name for pin in PINS])


@EVERY_PIN
def test_every_pin_is_one_products(table: SupportTable, pin: Pin) -> None:
    assert len([name for name, each in table.products.items() if each.has(pin.name)]) == 1


@EVERY_PIN
def test_no_pin_was_out_of_support_when_the_table_was_made(table: SupportTable, pin: Pin) -> None:
    """By the table's day and not by today's, or time alone would break it: `ops releases check` looks at today."""
    product = table.of(pin.name)
    assert product is not None
    if not product.ends:
        return
    version = product.numbers_in(pin.version)
    assert version is not None, f"no version in {pin.version}"
    line = product.line(version)
    assert line is not None, f"{pin.version} is in none of {list(product.ends)}"
    end = product.ends[line]
    assert end is None or end >= table.dated or line in product.kept


@EVERY_PIN
def test_an_advisory_that_a_newer_release_closes_has_something_in_its_way(table: SupportTable, pin: Pin) -> None:
    product = table.of(pin.name)
    assert product is not None
    version = product.numbers_in(pin.version)
    open_ = [each.id for each in product.advisories if version and each.speaks_of(version) and not each.meanwhile]
    assert open_ == []


def test_no_product_is_about_nothing(table: SupportTable) -> None:
    # What may be left to AWS is no pin then, and one again when it is not.
    releases = load_releases()
    left = [f"nodes.{minor}" for minor in releases.kubernetes.versions]
    left += [f"eks_addons.{name}.1.36/aws" for name in releases.eks_addons]
    for name, product in table.products.items():
        assert any(product.has(each) for each in (*left, *(pin.name for pin in PINS))), name


def test_what_is_said_has_a_source_and_a_day(table: SupportTable) -> None:
    for name, product in table.products.items():
        for source in (product.source, *(each.source for each in product.advisories)):
            assert source.startswith("https://"), name
        assert product.seen <= table.dated, name
        assert set(product.kept) <= set(product.ends), name
        for advisory in product.advisories:
            assert re.fullmatch(r"CVE-\d{4}-\d{4,}|GHSA-[\w-]+", advisory.id)
            assert advisory.fixed is None or numbers(advisory.fixed)
