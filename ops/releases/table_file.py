"""settings/releases.yaml as text: a field is written into it, and all else stays, comments included."""

from __future__ import annotations

from collections.abc import Mapping

import yaml


def with_fields(text: str, fields: Mapping[tuple[str, str], tuple[str, str, str]]) -> str:
    """The text with a line more for each release, by section and key: field, value, and the field that it follows.

    Raises KeyError where the text has no such release.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines(keepends=True)
    inserted: dict[int, str] = {}
    for (section, key), (field, value, behind) in fields.items():
        name, after = _pair(_pair(_pair(root, section)[1], key)[1], behind)
        indent = " " * name.start_mark.column
        inserted[after.end_mark.line] = f"{indent}{field}: {value}\n"
    return "".join(line + inserted.get(number, "") for number, line in enumerate(lines))


def _pair(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node]:
    """Name and value of an entry of a mapping."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == name:
            return key, value
    raise KeyError(name)
