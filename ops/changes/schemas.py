"""The schemas of CloudFormation's resource types, which say what cannot be changed in place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ops.checks import NotCheckedError

Body = Mapping[str, Any]
"""A resource, as it stands in a template."""


def replaced_for(before: Body, after: Body, region: str) -> tuple[str, ...]:
    """Dotted names of the changed properties for which a resource is replaced.

    Raises NotCheckedError where cfn-lint, which carries the schemas, is not installed.
    """
    old, new = before.get("Properties", {}), after.get("Properties", {})
    if old == new:
        return ()
    create_only = pointers(after["Type"], region, "createOnlyProperties")
    return tuple(path for path in create_only if at(old, path) != at(new, path))


def perhaps_replaced_for(before: Body, after: Body, region: str) -> tuple[str, ...]:
    """Dotted names of the changed properties for which a resource may be replaced: it depends on their values."""
    old, new = before.get("Properties", {}), after.get("Properties", {})
    if old == new:
        return ()
    conditional = pointers(after["Type"], region, "conditionalCreateOnlyProperties")
    return tuple(path for path in conditional if at(old, path) != at(new, path))


def keeps_its_name(before: Body, after: Body, region: str) -> bool:
    """Whether both give a resource the same name: CloudFormation makes no second one of it, and refuses."""
    old, new = before.get("Properties", {}), after.get("Properties", {})
    paths = pointers(after["Type"], region, "primaryIdentifier")
    return bool(paths) and all(at(new, path) is not None and at(old, path) == at(new, path) for path in paths)


def pointers(type_: str, region: str, kind: str) -> tuple[str, ...]:
    """Dotted names of the properties that a resource type's own schema lists under a key."""
    found = schema(type_, region).get(kind, ())
    return tuple(
        pointer.removeprefix("/properties/").replace("/properties/", "/").replace("/", ".") for pointer in found
    )


@cache
def schema(type_: str, region: str) -> Mapping[str, Any]:
    """A resource type's schema; empty for a custom resource: what it does is up to the function behind it.

    Read from cfn-lint's files, one for each region that names one for each type: to import cfn-lint takes seconds.
    """
    name = _names(region).get(type_)
    if name is None:
        return {}
    found: Mapping[str, Any] = json.loads((_folder() / "resources" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def _names(region: str) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads((_folder() / "providers" / f"{region}.json").read_text(encoding="utf-8"))
    return found


def _folder() -> Path:
    package = find_spec("cfnlint")
    if package is None or package.origin is None:
        raise NotCheckedError("cfn-lint is not installed", "Run `make setup`.")
    return Path(package.origin).parent / "data" / "schemas"


def at(properties: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted name."""
    node: Any = properties
    for part in path.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(part)
    return node
