"""docs/settings.md says what the settings are."""

import re
from pathlib import Path
from typing import Any

import pytest

from settings import load_settings, reference
from settings.sizes import SIZES


@pytest.fixture(scope="module")
def page() -> str:
    return reference.PAGE.read_text(encoding="utf-8")


def rows(page: str) -> dict[str, list[str]]:
    """The rows of the tables of settings: cells by key."""
    tables = page.partition("## The deployment")[2]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in tables.splitlines() if line.startswith("| `")]
    return {cell[0].strip().strip("`"): [text.strip() for text in cell[1:]] for cell in cells}


def test_the_page_is_up_to_date():
    assert reference.main(["--check"]) == 0, "run: python -m settings.reference"


def test_every_setting_is_on_the_page_with_all_there_is_to_say(page: str):
    documented = rows(page)
    for key, _ in reference.leaves():
        value, default, description = documented[key]
        assert value
        assert default
        assert description.endswith("."), key


def test_the_page_has_no_setting_that_does_not_exist(page: str):
    sections = {key for key, cells in rows(page).items() if cells[0] == "a section, see below"}
    assert set(rows(page)) - sections == {key for key, _ in reference.leaves()}
    assert all(f"## `{key}`" in page for key in sections)


def test_the_values_are_in_words(page: str):
    assert [cells[0] for cells in rows(page).values() if re.search(r"[\^$\\\[]|None|Literal|str\b", cells[0])] == []


@pytest.mark.parametrize(
    ("key", "value", "default"),
    [
        ("size", "dev, small, medium or large", "`medium`"),
        (
            "region",
            "an AWS region that offers Amazon EKS, like us-west-2",
            "`us-west-2` in aws, `cn-north-1` in aws-cn",
        ),
        ("airflow.workers.max", "a whole number from 1 to 200", "`2` / `10` / `20` / `60`"),
        ("airflow.ingress.domain", "a host name in lower case without http://, like airflow.example.com", "unset"),
        ("network.existing_vpc.id", "the id of a VPC, like vpc-0123456789abcdef0", "none, must be given"),
        ("airflow.ingress.allowed_cidrs", "a list, each item an IPv4 CIDR block, like 10.0.0.0/16", "empty"),
    ],
)
def test_a_row(page: str, key: str, value: str, default: str):
    assert rows(page)[key][:2] == [value, default]


def test_the_size_classes_are_compared(page: str):
    table = page.partition("## Size classes")[2].partition("## The deployment")[0]
    assert "| Key | dev | small | medium (default) | large |" in table
    assert all(f"| `{key}` |" in table for key in SIZES["dev"])


@pytest.mark.parametrize("context", [{"settings": reference.BLOCK_EXAMPLE}, *(each for _, each in reference.EXAMPLES)])
def test_the_examples_work(context: dict[str, Any]):
    assert load_settings(context) != load_settings({})


def test_the_error_on_the_page_is_a_real_one(page: str):
    with pytest.raises(ValueError, match=r"airflow\.wrokers\.max = 40") as caught:
        load_settings(reference.MISTAKES)
    assert str(caught.value) in page


def test_a_stale_page_is_refused_and_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(reference, "PAGE", tmp_path / "docs" / "settings.md")
    assert reference.main(["--check"]) == 1
    assert "run: python -m settings.reference" in capsys.readouterr().err
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    reference.PAGE.write_text("old", encoding="utf-8")
    assert reference.main(["--check"]) == 1
