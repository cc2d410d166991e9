"""The schemas of CloudFormation's resource types, which say what cannot be changed in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    create_only = _pointers(after["Type"], region, "createOnlyProperties")
    return tuple(path for path in create_only if _at(old, path) != _at(new, path))


def keeps_its_name(before: Body, after: Body, region: str) -> bool:
    """Whether both give a resource the same name: CloudFormation makes no second one of it, and refuses."""
    old, new = before.get("Properties", {}), after.get("Properties", {})
    paths = tuple(_pointers(after["Type"], region, "primaryIdentifier"))
    return bool(paths) and all(_at(new, path) is not None and _at(old, path) == _at(new, path) for path in paths)


def _pointers(type_: str, region: str, kind: str) -> Iterator[str]:
    """Dotted names of the properties that a resource type's own schema lists under a key."""
    try:
        from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError  # noqa: PLC0415 - takes a second
    except ImportError:
        raise NotCheckedError("cfn-lint is not installed", "Run `make setup`.") from None
    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_).schema
    except ResourceNotFoundError:  # a custom resource: what it does is up to the function behind it
        return
    for pointer in schema.get(kind, ()):
        yield pointer.removeprefix("/properties/").replace("/properties/", "/").replace("/", ".")


def _at(properties: Mapping[str, Any], path: str) -> Any:
    node: Any = properties
    for part in path.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(part)
    return node
