"""Deleting a stack's resources: a resource goes when all that depend on it are gone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ops.sandbox.cloudformation.model import Resource, Stack
from ops.sandbox.cloudformation.template import Template
from ops.sandbox.cloudformation.walk import walk
from ops.sandbox.resource_types.base import Deletion, find_type

if TYPE_CHECKING:
    from ops.sandbox.cloudformation.service import CloudFormation

log = logging.getLogger("sandbox")

POLICIES = frozenset({"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"})
GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})


def delete_stack(cloudformation: CloudFormation, stack: Stack, *, rolling_back: bool = False) -> None:
    """Delete everything that is not to be retained."""
    remaining = delete_resources(cloudformation, stack, rolling_back=rolling_back)
    if remaining:
        stack.set_status("DELETE_FAILED", could_not_delete(remaining))
        return
    stack.exports = {}
    stack.set_status("DELETE_COMPLETE")


def delete_resources(cloudformation: CloudFormation, stack: Stack, *, rolling_back: bool) -> list[str]:
    """Delete what there is of a stack's resources. Gives the names of those that could not be deleted."""
    declared = stack.template.resources
    policies = {logical_id: declared[logical_id].deletion_policy for logical_id in stack.resources}
    return delete_these(
        cloudformation,
        stack,
        stack.resources,
        template=stack.template,
        policies=policies,
        rolling_back=rolling_back,
    )


def delete_these(
    cloudformation: CloudFormation,
    stack: Stack,
    resources: Mapping[str, Resource],
    *,
    template: Template,
    policies: Mapping[str, str],
    rolling_back: bool,
) -> list[str]:
    """Delete some resources, by the order of a template. Gives the names of those that could not be deleted."""
    present = [logical_id for logical_id, resource in resources.items() if resource.status not in GONE]
    dependencies = template.dependencies
    remaining: list[str] = []

    def delete(logical_id: str) -> bool:
        resource, policy = resources[logical_id], policies[logical_id]
        done = _delete_resource(cloudformation, stack, resource, policy=policy, rolling_back=rolling_back)
        if not done:
            remaining.append(logical_id)
        return done

    dependents = {one: frozenset(other for other in present if one in dependencies[other]) for one in present}
    walk(dependents, delete)
    return remaining


def could_not_delete(remaining: list[str]) -> str | None:
    """The reason of a status, where something remained."""
    return f"The following resource(s) failed to delete: [{', '.join(remaining)}]. " if remaining else None


def _delete_resource(
    cloudformation: CloudFormation, stack: Stack, resource: Resource, *, policy: str, rolling_back: bool
) -> bool:
    if resource.physical is None:
        stack.set_resource_status(resource, "DELETE_COMPLETE")
        return True
    if policy == "Retain" or (policy == "RetainExceptOnCreate" and not rolling_back):
        stack.set_resource_status(resource, "DELETE_SKIPPED")
        return True
    stack.set_resource_status(resource, "DELETE_IN_PROGRESS")
    deletion = Deletion(
        type=resource.type,
        logical_id=resource.logical_id,
        stack_id=stack.stack_id,
        physical=resource.physical,
        properties=resource.properties,
        snapshot=policy == "Snapshot" and not rolling_back,
        cloudformation=cloudformation,
        rolling_back=rolling_back,
    )
    try:
        find_type(resource.type).delete(deletion)
    except Exception as error:
        log.info("%s %s could not be deleted", stack.name, resource.logical_id, exc_info=True)
        stack.set_resource_status(resource, "DELETE_FAILED", str(error) or type(error).__name__)
        return False
    stack.set_resource_status(resource, "DELETE_COMPLETE")
    return True
