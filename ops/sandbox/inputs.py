"""From CloudFormation's properties to the input of a service's operation.

The two differ in case (``VpcId`` and ``vpcId``), in tags (a list and a map), and in scalars (CloudFormation gives
numbers and booleans as strings at times). The service's own model tells which is meant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any


class UnknownPropertyError(ValueError):
    """A property for which the operation has no member."""

    def __init__(self, where: str) -> None:
        super().__init__(f"property {where} is not known to the sandbox")


def to_input(value: Any, shape: Any, *, where: str) -> Any:
    """Convert a value to what ``shape``, a botocore shape, asks for. ``where`` names it in errors."""
    if shape.type_name in _CONVERSIONS:
        return _CONVERSIONS[shape.type_name](value, shape, where)
    return _SCALARS.get(shape.type_name, _unconverted)(value)


def _structure(value: Mapping[str, Any], shape: Any, where: str) -> dict[str, Any]:
    members = {name.lower(): name for name in shape.members}
    converted = {}
    for key, item in value.items():
        path = f"{where}.{key}".lstrip(".")
        if key.lower() not in members:
            raise UnknownPropertyError(path)
        name = members[key.lower()]
        converted[name] = to_input(item, shape.members[name], where=path)
    return converted


def _list(value: Any, shape: Any, where: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return [to_input(item, shape.member, where=f"{where}[{index}]") for index, item in enumerate(items)]


def _map(value: Any, shape: Any, where: str) -> dict[str, Any]:
    pairs = {tag["Key"]: tag["Value"] for tag in value} if isinstance(value, list) else value
    return {key: to_input(item, shape.value, where=f"{where}.{key}") for key, item in pairs.items()}


def text(value: Any) -> str:
    """A value as CloudFormation writes it into a string: JSON for what is not a scalar, ``true`` and ``false``."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)


def boolean(value: Any) -> bool:
    """A boolean, which CloudFormation may give as a string."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _unconverted(value: Any) -> Any:
    return value


_CONVERSIONS: dict[str, Callable[[Any, Any, str], Any]] = {"structure": _structure, "list": _list, "map": _map}
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": text,
    "boolean": boolean,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}
