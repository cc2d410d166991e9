"""What changes properties of a resource in place: a call with those that changed, or with all that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ops.sandbox.regions import ACCOUNT
from ops.sandbox.resource_types.base import Change, InPlace, Physical, Request, changed


def modify(
    service: str,
    operation: str,
    /,
    *properties: str,
    by: Mapping[str, str],
    absent: Mapping[str, Any] | None = None,
    **more: Any,
) -> InPlace:
    """A call with those of the properties that changed.

    ``by`` says which resource is meant: names of arguments, and what they are made of, as ``placed`` fills it in.
    ``absent`` says what a property is that is taken away; without, it cannot be.
    """
    absent = absent or {}

    def apply(request: Request, change: Change) -> None:
        names = sorted(changed(request, change) & set(properties))
        values = {name: request.properties[name] if name in request.properties else absent[name] for name in names}
        request.aws.call_with_properties(service, operation, values, **placed(by, request, change), **more)

    return InPlace(properties=frozenset(properties), apply=apply, removable=frozenset(absent))


def put(service: str, operation: str, /, *properties: str, by: Mapping[str, str] | None = None) -> InPlace:
    """A call that takes the place of the one before: with all of the properties, whichever changed."""

    def apply(request: Request, change: Change) -> None:
        request.call(service, operation, *properties, **placed(by or {}, request, change))

    return InPlace(properties=frozenset(properties), apply=apply, removable=frozenset(properties))


def again(
    do: Callable[[Request, Physical], None], *properties: str, removable: frozenset[str] = frozenset()
) -> InPlace:
    """What creation does with these properties, once more."""
    return InPlace(
        properties=frozenset(properties),
        apply=lambda request, change: do(request, change.physical),
        removable=removable,
    )


def placed(by: Mapping[str, str], request: Request, change: Change) -> dict[str, str]:
    """Arguments that say which resource is meant, filled in with what it is, and where."""
    physical = change.physical
    return {
        name: pattern.format(
            ref=physical.ref,
            physical=physical.attributes,
            memory=physical.memory,
            properties=change.properties,
            partition=request.region.partition,
            place=f"{request.region.name}:{ACCOUNT}",
            parts=physical.ref.replace("|", "/").split("/"),
        )
        for name, pattern in by.items()
    }
