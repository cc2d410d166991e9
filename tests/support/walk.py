"""Every value in a tree, with embedded JSON opened, and the path that leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Leaf(NamedTuple):
    """A value that is no structure."""

    path: tuple[str, ...]
    value: Any

    @property
    def key(self) -> str:
        """The nearest key above it, indices of lists aside."""
        return next((part for part in reversed(self.path) if not part.isdecimal()), "")

    def __str__(self) -> str:
        return f"{'/'.join(self.path)}: {self.value}"


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Everything below a value; a string that holds JSON is opened as well.

    In a pair of name and value, as variables of a container have it, the name is the key of the value.
    """
    opened = _opened(value)
    if isinstance(opened, Mapping):
        name = opened.get("name")
        for key, item in opened.items():
            named = name if key == "value" and isinstance(name, str) else key
            yield from leaves(item, (*path, str(named)))
    elif isinstance(opened, list | tuple):
        for index, item in enumerate(opened):
            yield from leaves(item, (*path, str(index)))
    else:
        yield Leaf(path, opened)


def _opened(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
