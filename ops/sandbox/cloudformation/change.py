"""What becomes of a resource that is declared otherwise: changed in place, or replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.changes.schemas import at, pointers, schema
from ops.sandbox.cloudformation.errors import RefusedChangeError, UnknownChangeError
from ops.sandbox.resource_types.base import find_type

REPLACES = "Requested update requires the creation of a new physical resource; hence creating one."


def is_replaced(type_: str, region: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether CloudFormation makes a new resource for a change, as the schema of the resource's type says.

    Raises RefusedChangeError where the new one would have the name of the old one, and UnknownChangeError where the
    schema leaves open whether there is a new one.
    """
    create_only = pointers(type_, region, "createOnlyProperties")
    if not any(at(old, path) != at(new, path) for path in create_only):
        _check_conditional(type_, region, old, new)
        return False
    identifiers = pointers(type_, region, "primaryIdentifier")
    given = [at(new, path) for path in identifiers]
    if given and None not in given and given == [at(old, path) for path in identifiers]:
        # https://repost.aws/knowledge-center/cloudformation-custom-name
        raise RefusedChangeError(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {'|'.join(map(str, given))} and update the stack again."
        )
    if schema(type_, region).get("replacementStrategy") == "delete_then_create":
        raise UnknownChangeError(f"{type_}: it is deleted before the new one is made, which the sandbox does not do")
    return True


def _check_conditional(type_: str, region: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """What may or may not replace its resource is only known where the type says that it changes in place."""
    known = {name for each in find_type(type_).in_place for name in each.properties}
    changed = [
        path
        for path in pointers(type_, region, "conditionalCreateOnlyProperties")
        if path.partition(".")[0] not in known and at(old, path) != at(new, path)
    ]
    if changed:
        listed = ", ".join(changed)
        raise UnknownChangeError(f"{type_}: whether a change of {listed} replaces it is not known to the sandbox")
