"""Every settings change that the docs speak of, deployed as an update and taken back: settings_changes.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.sandbox.process import sandbox
from settings import SettingsError, load_settings
from settings.reference import leaves
from tests.sandbox.settings_changes import Deployment
from tests.sandbox.settings_table import Chain, table

pytestmark = pytest.mark.sandbox


@pytest.fixture(params=sorted(table().chains))
def chain(request: pytest.FixtureRequest) -> Chain:
    """Each chain in turn."""
    return table().chains[request.param]


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """An account of its own."""
    with sandbox(tmp_path / "sandbox") as running:
        yield Deployment(sandbox=running, folder=tmp_path)


@pytest.mark.thorough
def test_each_change_does_what_the_table_says(chain: Chain, deployment: Deployment) -> None:
    deployment.deploy("start", chain.start)
    for step in chain.steps:
        happened = deployment.deploy(step.what, step.settings)
        assert happened.as_lists() == step.expected, step.what
        assert not happened.lost, step.what
    output, happened = deployment.again()
    assert "(no changes)" in output
    assert happened.as_lists() == {}
    assert deployment.destroy() == []


def test_the_table_has_every_setting() -> None:
    """One that is new stands in a step, or among what cannot be changed or has not been tried, with the reason."""
    patterns = {key: re.compile(re.escape(key).replace("<name>", "[^.]+")) for key, _ in leaves()}
    changed = table().settings
    sections = tuple(f"{each}." for each in table().untried)
    missing = [key for key, pattern in patterns.items() if not any(pattern.fullmatch(each) for each in changed)]
    known = [key for key in missing if key.startswith(sections) or any(each.startswith(f"{key}.") for each in changed)]
    assert [key for key in missing if key not in known] == []


@pytest.mark.parametrize("key", [key for key in table().fixed if key.startswith("addons.")])
def test_what_cannot_be_switched_off_is_refused_before(key: str) -> None:
    with pytest.raises(SettingsError, match="cannot be switched off"):
        load_settings({key: "false"})


def test_the_table_has_nothing_else() -> None:
    patterns = [re.compile(re.escape(key).replace("<name>", "[^.]+") + r"(\..+)?") for key, _ in leaves()]
    sections = {section for key, _ in leaves() for section in (key.rpartition(".")[0], key.partition(".")[0])}
    odd = [key for key in table().settings if not any(each.fullmatch(key) for each in patterns)]
    assert [key for key in odd if key not in sections] == []
