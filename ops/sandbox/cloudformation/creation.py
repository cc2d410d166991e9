"""Making a stack: its check beforehand, its resources, its outputs, and the way back where something fails."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ops.sandbox.cloudformation.deletion import POLICIES, could_not_delete, delete_resources
from ops.sandbox.cloudformation.errors import ValidationError
from ops.sandbox.cloudformation.intrinsics import Evaluator
from ops.sandbox.cloudformation.model import Resource, Stack
from ops.sandbox.cloudformation.scope import StackScope, resolve_dynamic_references
from ops.sandbox.cloudformation.template import Declaration
from ops.sandbox.cloudformation.walk import walk
from ops.sandbox.inputs import text
from ops.sandbox.resource_types.base import CreationFailedError, Physical, Properties, Request, find_type

if TYPE_CHECKING:
    from ops.sandbox.cloudformation.service import CloudFormation

log = logging.getLogger("sandbox")


class StackCreation:
    """The creation of one stack."""

    def __init__(self, *, cloudformation: CloudFormation, stack: Stack) -> None:
        self._cloudformation = cloudformation
        self._stack = stack
        scope = StackScope(stack=stack, region=cloudformation.region, aws=cloudformation.aws)
        self._evaluator: Evaluator = scope.evaluator()

    def check(self) -> None:
        """Refuse, before anything is made, a template with types that are not known or rules that do not hold."""
        template = self._stack.template
        for declaration in template.resources.values():
            takes_snapshots = find_type(declaration.type).takes_snapshots
            for name, policy, known in (
                ("DeletionPolicy", declaration.deletion_policy, POLICIES),
                ("UpdateReplacePolicy", declaration.update_replace_policy, POLICIES - {"RetainExceptOnCreate"}),
            ):
                if policy not in known or (policy == "Snapshot" and not takes_snapshots):
                    raise ValidationError(f"{declaration.type}: {name} {policy} is not known to the sandbox")
        for rule in template.section("Rules").values():
            for assertion in rule["Assertions"]:
                if not self._evaluator.value(assertion["Assert"]):
                    raise ValidationError(f"Template validation error: {assertion.get('AssertDescription', assertion)}")

    def run(self) -> None:
        """Make everything. On a failure roll back, unless that is disabled."""
        stack = self._stack
        failed = self._create_resources() or self.resolve_outputs()
        if not failed:
            stack.set_status("CREATE_COMPLETE")
            return
        reason = f"The following resource(s) failed to create: [{', '.join(failed)}]. "
        if stack.disable_rollback or stack.parent_id:
            # A nested stack is deleted by the rollback of the stack that it is nested in.
            stack.set_status("CREATE_FAILED", reason)
            return
        stack.set_status("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
        remaining = delete_resources(self._cloudformation, stack, rolling_back=True)
        stack.set_status("ROLLBACK_FAILED" if remaining else "ROLLBACK_COMPLETE", could_not_delete(remaining))

    def _create_resources(self) -> list[str]:
        """Make the resources. Gives the names of those that failed."""
        template = self._stack.template
        wanted = {
            logical_id
            for logical_id, declaration in template.resources.items()
            if declaration.condition is None or self._evaluator.condition(declaration.condition)
        }
        failed: list[str] = []

        def create(logical_id: str) -> bool:
            # As CloudFormation does, begin nothing new after a failure.
            if failed:
                return False
            done = self.create_resource(template.resources[logical_id])
            if not done:
                failed.append(logical_id)
            return done

        walk({logical_id: template.dependencies[logical_id] & wanted for logical_id in wanted}, create)
        return failed

    def create_resource(self, declaration: Declaration) -> bool:
        """Make one resource. Says whether it is there."""
        stack = self._stack
        resource = Resource(logical_id=declaration.logical_id, type=declaration.type)
        stack.resources[declaration.logical_id] = resource
        stack.set_resource_status(resource, "CREATE_IN_PROGRESS")
        try:
            self._cloudformation.check(f"create {declaration.logical_id}")
            values = self._evaluator.value(declaration.properties)
            self.make(resource, resolve_dynamic_references(values, self._cloudformation.aws))
        except Exception as error:
            log.info("%s %s failed", stack.name, declaration.logical_id, exc_info=True)
            stack.set_resource_status(resource, "CREATE_FAILED", str(error) or type(error).__name__)
            return False
        stack.set_resource_status(resource, "CREATE_COMPLETE")
        return True

    def make(self, resource: Resource, values: Mapping[str, Any]) -> None:
        """Let the resource's type make it. What there is of it after a failure has a physical id, too."""
        type_ = find_type(resource.type)
        properties = Properties(values)
        properties.pick(*type_.unmodelled)
        resource.properties = values

        def made(physical: Physical) -> None:
            resource.physical = physical

        request = Request(
            type=resource.type,
            logical_id=resource.logical_id,
            stack_id=self._stack.stack_id,
            stack_name=self._stack.name,
            tags=self._stack.tags,
            properties=properties,
            cloudformation=self._cloudformation,
            initiated=lambda physical_id: self._stack.announce(resource, physical_id),
            made=made,
        )
        try:
            resource.physical = type_.create(request)
        except CreationFailedError as error:
            resource.physical = error.physical
            raise
        if properties.unseen:
            names = ", ".join(properties.unseen)
            raise ValidationError(f"{resource.type}: property {names} is not known to the sandbox")

    def resolve_outputs(self) -> list[str]:
        """Work out the outputs. Gives the names of those that failed."""
        stack = self._stack
        for name, output in stack.template.section("Outputs").items():
            if "Condition" in output and not self._evaluator.condition(output["Condition"]):
                continue
            try:
                stack.outputs[name] = text(self._evaluator.value(output["Value"]))
                if "Export" in output:
                    stack.exports[name] = self._evaluator.value(output["Export"]["Name"])
            except ValidationError as error:
                return [f"output {name}: {error.message}"]
        return []
