"""Updating a stack in place: what changed, what is new, what is no longer declared; and the way back where it fails.

As in CloudFormation nothing is deleted before all the rest is done: first what changed and what is new, in the order of
the dependencies, then what is no longer declared or was replaced. A failure takes back what was changed, and then
deletes what was new.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ops.sandbox.cloudformation.change import REPLACES, is_replaced
from ops.sandbox.cloudformation.creation import StackCreation
from ops.sandbox.cloudformation.deletion import GONE, could_not_delete, delete_these
from ops.sandbox.cloudformation.errors import UnchangedError, ValidationError
from ops.sandbox.cloudformation.intrinsics import Evaluator
from ops.sandbox.cloudformation.model import Resource, Stack
from ops.sandbox.cloudformation.scope import StackScope, resolve_dynamic_references
from ops.sandbox.cloudformation.template import Declaration, Template
from ops.sandbox.cloudformation.walk import walk
from ops.sandbox.resource_types.base import CUSTOM_RESOURCE, Change, Physical, Properties, Request, find_type

if TYPE_CHECKING:
    from ops.sandbox.cloudformation.service import CloudFormation

log = logging.getLogger("sandbox")


@dataclass(frozen=True, kw_only=True)
class _Before:
    """What a resource was before this update touched it."""

    physical: Physical
    properties: Mapping[str, Any]


class StackUpdate:
    """One update of one stack. A nested stack's is part of its parent's, which says when it ends and how."""

    def __init__(
        self,
        *,
        cloudformation: CloudFormation,
        stack: Stack,
        template: Template,
        parameters: Mapping[str, Any],
        tags: Mapping[str, str] | None,
    ) -> None:
        self.stack = stack
        self._cloudformation = cloudformation
        self.template, self._parameters = template, parameters
        self._old_template, self._old_parameters = stack.template, stack.parameters
        self._tags, self._old_tags = stack.tags if tags is None else tags, stack.tags
        self._changed: dict[str, _Before] = {}
        self._created: list[str] = []
        self._replaced: dict[str, Resource] = {}
        """What was there before another took its place: it goes when all is well."""
        self._discarded: dict[str, Resource] = {}
        """What took a place and is to give it back."""
        self._nested: list[StackUpdate] = []

    def run(self) -> None:
        """All of it."""
        stack = self.stack
        failed = self.apply()
        if not failed:
            stack.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            remaining = self.clean_up()
            stack.set_status("UPDATE_COMPLETE", could_not_delete(remaining))
            return
        reason = f"The following resource(s) failed to update: [{', '.join(failed)}]. "
        if stack.disable_rollback:
            # What is no longer declared is still there, and goes with the stack.
            stack.template = self.template.with_resources_of(self._old_template)
            stack.set_status("UPDATE_FAILED", reason)
            return
        stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        broken = self.roll_back()
        failure = f"The following resource(s) failed to update: [{', '.join(broken)}]. " if broken else None
        stack.set_status("UPDATE_ROLLBACK_FAILED" if broken else "UPDATE_ROLLBACK_COMPLETE", failure)

    def apply(self) -> list[str]:
        """Change what changed and make what is new. Gives the names of those that failed."""
        stack = self.stack
        stack.template, stack.parameters, stack.tags = self.template, self._parameters, self._tags
        creation = StackCreation(cloudformation=self._cloudformation, stack=stack)
        creation.check()
        evaluator = self._evaluator()
        template = self.template
        wanted = {
            logical_id
            for logical_id, declaration in template.resources.items()
            if declaration.condition is None or evaluator.condition(declaration.condition)
        }
        failed: list[str] = []

        def bring(logical_id: str) -> bool:
            if failed:
                return False
            declaration = template.resources[logical_id]
            resource = stack.resources.get(logical_id)
            if resource is None or resource.status in GONE:
                self._created.append(logical_id)
                done = creation.create_resource(declaration)
            else:
                done = self._change(resource, declaration, evaluator)
            if not done:
                failed.append(logical_id)
            return done

        walk({logical_id: template.dependencies[logical_id] & wanted for logical_id in wanted}, bring)
        return failed or creation.resolve_outputs()

    def clean_up(self) -> list[str]:
        """Delete what is no longer declared and what was replaced, nested stacks' own first.

        Gives the names of what could not be deleted. As in CloudFormation, it is no longer the stack's all the same.
        """
        remaining = [name for nested in self._nested for name in nested.end()]
        old, new = self._old_template.resources, self.template.resources
        obsolete = {name: one for name, one in self.stack.resources.items() if name not in new}
        policies = {name: old[name].deletion_policy for name in obsolete}
        policies |= {name: new[name].update_replace_policy for name in self._replaced}
        return remaining + self._delete({**obsolete, **self._replaced}, policies, self._old_template)

    def end(self) -> list[str]:
        """A nested stack's update, well ended."""
        remaining = self.clean_up()
        self.stack.set_status("UPDATE_COMPLETE", could_not_delete(remaining))
        return remaining

    def roll_back(self) -> list[str]:
        """Bring everything back to what it was. Gives the names of what could not be brought back."""
        stack = self.stack
        stack.template, stack.parameters, stack.tags = self._old_template, self._old_parameters, self._old_tags
        broken: list[str] = []
        nested = {update.stack.stack_id: update for update in self._nested}

        def restore(logical_id: str) -> bool:
            resource, before = stack.resources[logical_id], self._changed[logical_id]
            update = nested.get(before.physical.ref)
            if update:
                update.stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS")
                left = update.roll_back()
                update.stack.set_status("UPDATE_ROLLBACK_FAILED" if left else "UPDATE_ROLLBACK_COMPLETE")
                resource.properties, done = before.properties, not left
                stack.set_resource_status(resource, "UPDATE_FAILED" if left else "UPDATE_COMPLETE")
            elif logical_id in self._replaced and find_type(resource.type).name != CUSTOM_RESOURCE:
                self._discarded[logical_id], resource.physical = replace(resource), before.physical
                resource.properties, done = before.properties, True
                stack.set_resource_status(resource, "UPDATE_COMPLETE")
            else:
                done = self._update(resource, before.properties, superseded=self._discarded)
            if not done:
                broken.append(logical_id)
            return True

        needs = self._old_template.dependencies
        walk({name: needs[name] & set(self._changed) for name in self._changed}, restore)
        StackCreation(cloudformation=self._cloudformation, stack=stack).resolve_outputs()
        created = {name: stack.resources[name] for name in self._created if name in stack.resources}
        policies = {name: self.template.resources[name].deletion_policy for name in created}
        policies |= dict.fromkeys(self._discarded, "Delete")
        return broken + self._delete({**created, **self._discarded}, policies, self.template)

    def _evaluator(self) -> Evaluator:
        cloudformation = self._cloudformation
        return StackScope(stack=self.stack, region=cloudformation.region, aws=cloudformation.aws).evaluator()

    def _change(self, resource: Resource, declaration: Declaration, evaluator: Evaluator) -> bool:
        stack = self.stack
        try:
            values = resolve_dynamic_references(evaluator.value(declaration.properties), self._cloudformation.aws)
        except Exception as error:
            stack.set_resource_status(resource, "UPDATE_FAILED", str(error) or type(error).__name__)
            return False
        if values == resource.properties and declaration.type == resource.type:
            return True
        if declaration.type != resource.type or resource.physical is None:
            stack.set_resource_status(resource, "UPDATE_FAILED", "its type changes, which the sandbox does not do")
            return False
        self._changed[resource.logical_id] = _Before(physical=resource.physical, properties=resource.properties)
        return self._update(resource, values, superseded=self._replaced)

    def _update(self, resource: Resource, values: Mapping[str, Any], *, superseded: dict[str, Resource]) -> bool:
        """Change a resource, or replace it. What it was before a replacement is put into ``superseded``."""
        stack = self.stack
        physical = resource.physical
        assert physical is not None  # noqa: S101 - what was made has one
        before = replace(resource)
        stack.set_resource_status(resource, "UPDATE_IN_PROGRESS")
        request = Request(
            type=resource.type,
            logical_id=resource.logical_id,
            stack_id=stack.stack_id,
            stack_name=stack.name,
            tags=stack.tags,
            properties=Properties(values),
            cloudformation=self._cloudformation,
            initiated=lambda _: None,
            made=lambda _: None,
        )
        try:
            region = self._cloudformation.region.name
            if is_replaced(resource.type, region, resource.properties, values):
                superseded[resource.logical_id], resource.physical = before, None
                stack.set_resource_status(resource, "UPDATE_IN_PROGRESS", REPLACES)
                StackCreation(cloudformation=self._cloudformation, stack=stack).make(resource, values)
            else:
                change = Change(
                    physical=physical,
                    properties=resource.properties,
                    nested=self._nested.append,
                    rolling_back=superseded is self._discarded,
                )
                resource.physical = find_type(resource.type).update(request, change)
                if resource.physical.ref != physical.ref:
                    superseded[resource.logical_id] = before
        except Exception as error:
            if isinstance(error, UnchangedError):
                self._changed.pop(resource.logical_id, None)
            log.info("%s %s could not be updated", stack.name, resource.logical_id, exc_info=True)
            stack.set_resource_status(resource, "UPDATE_FAILED", str(error) or type(error).__name__)
            return False
        resource.properties = values
        stack.set_resource_status(resource, "UPDATE_COMPLETE")
        return True

    def _delete(self, going: Mapping[str, Resource], policies: Mapping[str, str], template: Template) -> list[str]:
        """Delete some resources, by the order of the template that declares them."""
        stack = self.stack
        back = template is self.template
        remaining = delete_these(
            self._cloudformation, stack, going, template=template, policies=policies, rolling_back=back
        )
        kept = {name: one for name, one in stack.resources.items() if one is not going.get(name)}
        stack.resources = kept
        return remaining


def next_parameters(stack: Stack, template: Template, given: Mapping[str, str | None]) -> dict[str, str]:
    """What the parameters of an update are, where None stands for the previous value."""
    declared = template.section("Parameters")
    named = {name: value for name, value in given.items() if value is not None}
    for name in set(given) - set(named):
        body = declared.get(name)
        if body is None or name not in stack.parameters:
            raise ValidationError(f"Parameters: [{name}] have no previous value")
        # What was looked up is looked up anew, under its default name.
        if not body["Type"].startswith("AWS::SSM::"):
            named[name] = str(stack.parameters[name])
    return named
