"""Every sentence of the page on resilience names something that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "resilience.md").read_text(encoding="utf-8")
# Tables of two columns say what happens, and because of what; wider ones are measurements.
ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| what happens") and line.count(" | ") == 1
]
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
FILES = re.findall(r"`((?:charts|settings|constructs)/[\w/]+\.py)`", PAGE)


def test_there_is_something_to_check() -> None:
    assert len(ROWS) > 20
    assert len(TESTS) > 12


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:50])
def test_a_row_says_why(row: str) -> None:
    happens, because = row.strip("| ").split(" | ")
    assert happens.strip()
    assert because.strip()


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_named_exists(file: str) -> None:
    assert (ROOT / file).is_file()
