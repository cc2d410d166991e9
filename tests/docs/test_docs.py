"""The pages say what is true: settings, make targets and files that they name exist."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from pathlib import Path

import pytest

from settings import load_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

COMMAND = re.compile(r"^\s*((?:cdk|python -m ops) .*--context .*?)(?:\s{2,}#.*)?$", re.MULTILINE)


def ids(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


def commands() -> list[tuple[Path, str]]:
    return [(page, match) for page in PAGES for match in COMMAND.findall(page.read_text(encoding="utf-8"))]


def settings_blocks() -> list[tuple[Path, str]]:
    """JSON blocks that are, or are part of, the settings block of cdk.json."""
    return [
        (page, block)
        for page in PAGES
        for block in re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]


def test_there_is_something_to_check() -> None:
    assert len(commands()) > 5
    assert len(settings_blocks()) > 1


@pytest.mark.parametrize(("page", "command"), commands(), ids=ids)
def test_a_command_sets_what_can_be_set(page: Path, command: str) -> None:
    words = shlex.split(command)
    pairs = [following for word, following in itertools.pairwise(words) if word == "--context"]
    assert pairs, f"{page.name}: {command}"
    load_settings(dict(pair.split("=", 1) for pair in pairs))


@pytest.mark.parametrize(("page", "block"), settings_blocks(), ids=ids)
def test_an_example_of_settings_is_valid(page: Path, block: str) -> None:
    parsed = json.loads(block if block.lstrip().startswith("{") else f"{{{block}}}")
    parsed = parsed.get("context", parsed)
    assert load_settings({"settings": parsed.get("settings", parsed)}), page.name


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    for target in re.findall(r"`make ([a-z-]+)", text) + re.findall(r"^make ([a-z-]+)", commands, re.MULTILINE):
        assert target in targets, f"{page.name} names make {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    linked = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    for page in PAGES:
        assert page.name == "README.md" or page.name in linked, f"nothing links to {page.name}"
