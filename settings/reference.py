"""``python -m settings.reference`` writes docs/settings.md from the model; with ``--check`` it only compares."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings.context import BLOCK, load_settings
from settings.errors import ANY_NAME, SettingsError, entry_of, section_of
from settings.model import Settings
from settings.partition import PARTITIONS
from settings.releases import load_releases
from settings.sizes import DEFAULT_SIZE, SIZES
from settings.types import in_words

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
COMMAND = "python -m settings.reference"

# Every example is loaded by a test. What a person types on a command line is text.
BLOCK_EXAMPLE: Mapping[str, Any] = {
    "size": "small",
    "airflow": {"workers": {"min": 1, "max": 40}, "ingress": {"allowed_cidrs": ["10.0.0.0/8"]}},
    "tags": {"cost-center": "4711"},
}
EXAMPLES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("A China region: everything else follows from the partition", {"partition": "aws-cn"}),
    ("The other one, and a smaller deployment", {"partition": "aws-cn", "region": "cn-northwest-1", "size": "small"}),
    ("Single values; a dot leads into a section", {"airflow.workers.max": "40", "airflow.workers.spot": "false"}),
    ("A list, its items separated by commas", {"network.availability_zones": "us-west-2a,us-west-2b,us-west-2d"}),
    ("The same list as JSON", {"network.availability_zones": '["us-west-2a", "us-west-2b", "us-west-2d"]'}),
    ("A block of settings as JSON", {"database": '{"instance_type": "r8g.xlarge", "readers": 2}'}),
    ("A further queue with workers of its own", {"airflow.queues.reports.max": "5"}),
    ("A tag", {"tags.cost-center": "4711"}),
)
MISTAKES: Mapping[str, str] = {"airflow.wrokers.max": "40", "size": "huge", "logs.retention_days": "8"}


def render() -> str:
    """The page, from the model, the size classes, the partitions and the releases."""
    return "\n".join([*_introduction(), *_precedence(), *_mistakes(), *_sizes(), *_section(Settings, "")])


def leaves(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting that is not a section, with its dotted key, in the order of the model."""
    for name, field in model.model_fields.items():
        section, entry = section_of(field.annotation), entry_of(field.annotation)
        if section is not None:
            yield from leaves(section, f"{prefix}{name}.")
        elif entry is not None:
            yield from leaves(entry, f"{prefix}{name}.{ANY_NAME}.")
        else:
            yield prefix + name, field


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is up to date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write docs/settings.md from the model.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page is stale")
    if not parser.parse_args(arguments).check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(render(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(f"docs/{PAGE.name} does not say what the settings are; run: {COMMAND}\n")
    return 1


def _introduction() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield f"<!-- Written by `{COMMAND}`. Do not edit: change the descriptions in settings/model.py, and run it. -->"
    yield ""
    yield "Everything that may vary between two deployments is a setting, and every setting has a default:"
    yield f"`cdk deploy` alone gives a {DEFAULT_SIZE} deployment in {PARTITIONS['aws'].default_region}."
    yield "What you want otherwise, you say in one of two places, or in both."
    yield ""
    yield f"**In `cdk.json`**, for what stays: the block `{BLOCK}` within `context`."
    yield ""
    yield from _fenced("json", json.dumps({"context": {BLOCK: BLOCK_EXAMPLE}}, indent=2))
    yield "**On the command line**, for this once: `--context key=value`, as often as you like. Give the same keys to"
    yield "`cdk diff` and `cdk destroy`."
    yield ""
    yield from _fenced("bash", "\n\n".join(f"# {what}\n{_command(context)}" for what, context in EXAMPLES))


def _precedence() -> Iterator[str]:
    yield "## What wins"
    yield ""
    yield "From the weakest to the strongest:"
    yield ""
    yield "1. the default, which may follow from the partition"
    yield "2. the size class (`size`)"
    yield f"3. the block `{BLOCK}` in `cdk.json`"
    yield "4. `--context` on the command line"
    yield ""
    yield "Settings are merged one by one: to give `airflow.workers.max` leaves the other settings of `airflow.workers`"
    yield "as they are. A list is one setting, and is replaced whole."
    yield ""


def _mistakes() -> Iterator[str]:
    yield "## When a setting is wrong"
    yield ""
    yield "Nothing is deployed, and every mistake gets a line with the key, the value, and what is allowed:"
    yield ""
    try:
        load_settings(MISTAKES)
    except SettingsError as error:
        yield from _fenced("console", f"$ {_command(MISTAKES)}\n{error}")


def _sizes() -> Iterator[str]:
    yield "## Size classes"
    yield ""
    yield "`size` sets these defaults together. Each can be set by itself as well."
    yield ""
    yield from _table(
        ["Key", *(f"{size} (default)" if size == DEFAULT_SIZE else size for size in SIZES)],
        [[_code(key), *(_value(values[key]) for values in SIZES.values())] for key in SIZES[DEFAULT_SIZE]],
    )
    yield "In the tables below, four values in one cell are those of " + ", ".join(SIZES) + ", in this order."
    yield ""


def _section(model: type[BaseModel], path: str) -> Iterator[str]:
    yield f"## {_code(path) if path else 'The deployment'}"
    yield ""
    if path:
        yield (model.__doc__ or "").strip()
        yield ""
    prefix = f"{path}." if path else ""
    rows: list[list[str]] = []
    sections: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        key = prefix + name
        section, entry = section_of(field.annotation), entry_of(field.annotation)
        below = section or entry
        if below is not None:
            key = key if entry is None else f"{key}.{ANY_NAME}"
            sections.append((below, key))
            if field.description:
                default = _value(field.get_default(call_default_factory=True))
                rows.append([_code(key), "a section, see below", default, field.description])
        else:
            words = in_words(field.annotation, field.metadata)
            rows.append([_code(key), words, _default(key, field), field.description or ""])
    if rows:
        yield from _table(["Key", "Value", "Default", "What it is"], rows)
    for section, key in sections:
        yield from _section(section, key)


def _default(key: str, field: FieldInfo) -> str:
    by_partition = {"region": "default_region", "images.source": "image_source", "airflow.timezone": "timezone"}
    if key in by_partition:
        return ", ".join(f"{_code(getattr(each, by_partition[key]))} in {each.name}" for each in PARTITIONS.values())
    if key == "network.zones":
        return "`3`, or `2` in a region where an account has no more"
    if key == "cluster.kubernetes_version":
        return _code(load_releases().kubernetes.default)
    if key in SIZES[DEFAULT_SIZE]:
        return " / ".join(_value(values[key]) for values in SIZES.values())
    return "none, must be given" if field.is_required() else _value(field.get_default(call_default_factory=True))


def _value(value: object) -> str:
    if value is None:
        return "unset"
    if value in ("", (), {}):
        return "empty"
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    return _code(str(value).lower() if isinstance(value, bool) else str(value))


def _command(context: Mapping[str, str]) -> str:
    return "cdk deploy " + " ".join(f"--context {shlex.quote(f'{key}={value}')}" for key, value in context.items())


def _code(text: str) -> str:
    return f"`{text}`"


def _fenced(language: str, text: str) -> Iterator[str]:
    yield from (f"```{language}", text, "```", "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


if __name__ == "__main__":
    sys.exit(main())
