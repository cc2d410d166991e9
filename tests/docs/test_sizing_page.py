"""docs/sizing.md has the numbers that the size classes come to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import SettingsError, capacity, load_settings, sizing
from settings.sizes import SIZES


def rows() -> dict[str, list[str]]:
    """Cells of the table, by the name of their row."""
    found = {}
    for line in sizing.PAGE.read_text(encoding="utf-8").splitlines():
        name, *cells = (cell.strip(" *`") for cell in line.strip("|").split("|"))
        if len(cells) == len(SIZES):
            found[name] = cells
    return found


def test_the_page_is_up_to_date() -> None:
    assert sizing.main(["--check"]) == 0


def test_a_stale_page_is_refused_and_written_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = sizing.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(sizing, "PAGE", tmp_path / "sizing.md")
    sizing.PAGE.write_text(re.sub(r"\| 1600 \|", "| 1601 |", text), encoding="utf-8")
    assert sizing.main(["--check"]) == 1
    assert "run: python -m settings.sizing" in capsys.readouterr().err
    assert sizing.main([]) == 0
    assert sizing.PAGE.read_text(encoding="utf-8") == text
    sizing.PAGE.write_text("nothing", encoding="utf-8")
    assert sizing.main([]) == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_column_adds_up(size: str) -> None:
    column = {name: cells[list(SIZES).index(size)] for name, cells in rows().items()}
    database = sum(int(column[name]) for name in ("of the pooler", "kept for AWS and people"))
    assert database == int(column["sum"])
    assert database <= int(column["without a tenth"]) <= int(column["it accepts"]) * 0.9
    clients = (
        2 * (int(column["of servers"]) + int(column["of workers"])) + int(column["of jobs"]) + int(column["of KEDA"])
    )
    assert clients == int(column["sum, servers and workers twice"])
    assert clients <= int(column["accepted with one replica away"])


def test_the_page_says_the_numbers_that_the_arithmetic_uses() -> None:
    text = sizing.PAGE.read_text(encoding="utf-8")
    per_process = 2 * (capacity.SQL_POOL_SIZE + capacity.SQL_MAX_OVERFLOW)
    assert f"| {per_process} for each process:" in text
    assert f"Less than {capacity.LEAST_MEMORY_PER_TASK * 1024:.0f} MiB of `airflow.workers.memory`" in text


def test_the_refusal_on_the_page_is_a_real_one() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"database.instance_type": "t4g.medium"})
    assert str(caught.value) in sizing.PAGE.read_text(encoding="utf-8")
