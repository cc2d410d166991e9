"""docker-bake.hcl and Dockerfiles, as what they say: targets, variables, stages, arguments."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from ops.image.bake import BAKE_FILE

ROOT = Path(__file__).parents[2]


def instructions(dockerfile: Path) -> list[str]:
    """A Dockerfile's instructions, each in one line."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def declared(dockerfile: Path) -> set[str]:
    """The arguments that a Dockerfile declares, as they stand there: one with a default is ``NAME=value``."""
    return {line.split(maxsplit=1)[1] for line in instructions(dockerfile) if line.startswith("ARG")}


def variables() -> dict[str, dict[str, Any]]:
    """The bake file's variables, with what is in their blocks."""
    return {_plain(name): block for each in _parsed()["variable"] for name, block in each.items()}


def target(name: str) -> dict[str, Any]:
    """A target of the bake file, with what it inherits."""
    blocks = {_plain(key): block for each in _parsed()["target"] for key, block in each.items()}
    block = {key: _plain(value) for key, value in blocks[name].items() if key != "__is_block__"}
    for parent in block.pop("inherits", []):
        block = {**target(parent), **block}
    return block


def targets_by_default() -> list[str]:
    """What the bake file builds where nothing is named."""
    (group,) = _parsed()["group"]
    names: list[str] = _plain(group['"default"']["targets"])
    return names


@cache
def _parsed() -> dict[str, Any]:
    found: dict[str, Any] = hcl2.loads((ROOT / BAKE_FILE).read_text(encoding="utf-8"))
    return found


def _plain(value: Any) -> Any:
    """Strings without the quotes that the parser leaves on, references without their braces."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "__is_block__"}
    return value.strip('"').removeprefix("${").removesuffix("}") if isinstance(value, str) else value
