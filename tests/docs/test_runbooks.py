"""Each alarm has a page, each page an alarm, and what the pages tell people to type can be typed."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from settings import build_settings
from settings.errors import setting_keys
from settings.model import Settings
from tests.support.synthesis import synthesize

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
# Those that AWS tells by itself, where there is no alarm.
NOTICES = {"database-failover", "budget"}
PROGRAMS = {"kubectl", "aws", "python"}
SECTIONS = ["What it means", "What to look at", "What to do"]


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"```shell\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_each_alarm_has_a_page_and_each_page_an_alarm() -> None:
    # One with a certificate, the other without.
    found = {
        str(alarm.properties["AlarmName"]).removeprefix(f"{deployment.settings.name}-")
        for deployment in (synthesize("aws"), synthesize("internet"))
        for type_ in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for alarm in deployment.all(type_)
    }
    assert found | NOTICES == {page.stem for page in PAGES}


def test_each_description_leads_to_its_page() -> None:
    deployment = synthesize("aws")
    for type_ in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for alarm in deployment.all(type_):
            path = str(alarm.properties["AlarmDescription"]).partition(" Runbook: ")[2]
            assert (ROOT / path).is_file(), alarm.properties["AlarmName"]


def test_pages_may_be_published_elsewhere() -> None:
    alarms = build_settings({"alarms": {"runbook_url": "https://git.example.com/platform/docs/runbooks/"}}).alarms
    assert alarms.runbook("queue-memory") == "https://git.example.com/platform/docs/runbooks/queue-memory.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_to_do(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}: ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert commands(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_can_be_typed(page: Path) -> None:
    for command in commands(page):
        subprocess.run(["bash", "-n", "-c", command], check=True, capture_output=True)
        assert shlex.split(command)[0] in PROGRAMS, command
    subcommands = {path.stem for path in (ROOT / "ops").iterdir()}
    for name in re.findall(r"python -m ops ([a-z-]+)", page.read_text(encoding="utf-8")):
        assert name in subcommands


def test_settings_that_pages_name_exist() -> None:
    keys = setting_keys(Settings)
    sections = "|".join(Settings.model_fields)
    for page in PAGES:
        for name in re.findall(rf"`((?:{sections})\.[a-z_.]+)`", page.read_text(encoding="utf-8")):
            assert name in keys, f"{page.name} names {name}"
