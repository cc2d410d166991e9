"""CloudFormation in one region: its stacks, and the operations on them."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation.callbacks import Callbacks
from ops.sandbox.cloudformation.change_sets import ChangeSets
from ops.sandbox.cloudformation.creation import StackCreation
from ops.sandbox.cloudformation.deletion import delete_stack
from ops.sandbox.cloudformation.errors import AlreadyExistsError, ValidationError, no_such_stack
from ops.sandbox.cloudformation.model import Stack
from ops.sandbox.cloudformation.parameters import resolve_parameters
from ops.sandbox.cloudformation.template import Template
from ops.sandbox.cloudformation.update import StackUpdate
from ops.sandbox.pretend_cluster import faults
from ops.sandbox.regions import Region, region_named

_UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"})

log = logging.getLogger("sandbox")


class CloudFormation:
    """The stacks of a region."""

    def __init__(self, *, region: Region, aws: Aws, callbacks: Callbacks, state: Path | None) -> None:
        self.region = region
        self._state = state
        self.aws = aws
        self.callbacks = callbacks
        self.change_sets = ChangeSets(region)
        self._stacks: dict[str, Stack] = {}
        self._lock = threading.Lock()

    @property
    def stacks(self) -> list[Stack]:
        """All stacks, the deleted ones among them, oldest first."""
        return list(self._stacks.values())

    def find(self, name_or_id: str) -> Stack:
        """A stack by its id, or a living one by its name. Raises ValidationError where there is none."""
        stack = self._stacks.get(name_or_id) or self._living(name_or_id)
        if stack is None:
            raise no_such_stack(name_or_id)
        return stack

    def exports(self) -> dict[str, tuple[Stack, str]]:
        """Exported values by name, with the stack that exports each."""
        return {name: (stack, stack.outputs[output]) for stack in self.stacks for output, name in stack.exports.items()}

    def prepare(
        self,
        *,
        name: str,
        body: str,
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
        parent: Stack | None = None,
    ) -> Stack:
        """A stack that is checked and known, and not begun."""
        template = Template.parse(body)
        stack = Stack(
            stack_id=self.region.arn("cloudformation", f"stack/{name}/{uuid.uuid4()}"),
            name=name,
            template=template,
            parameters=resolve_parameters(template.section("Parameters"), parameters, self.aws),
            tags=tags,
            parent_id=parent.stack_id if parent else None,
            root_id=(parent.root_id or parent.stack_id) if parent else None,
        )
        StackCreation(cloudformation=self, stack=stack).check()
        with self._lock:
            other = self._living(name)
            if other and other.status != "REVIEW_IN_PROGRESS":
                raise AlreadyExistsError(f"Stack [{name}] already exists")
            if other:
                del self._stacks[other.stack_id]
            self._stacks[stack.stack_id] = stack
        return stack

    def create(self, stack: Stack) -> None:
        """Make the stack's resources, and come back when that is done."""
        stack.set_status("CREATE_IN_PROGRESS", "User Initiated")
        self._create(stack)

    def delete(self, stack: Stack, *, rolling_back: bool = False) -> None:
        """Delete the stack's resources, and come back when that is done."""
        stack.set_status("DELETE_IN_PROGRESS", "User Initiated")
        _guard(stack, lambda: delete_stack(self, stack, rolling_back=rolling_back), "DELETE_FAILED")

    def check(self, what: str) -> None:
        """Raise RefusedError where a test asked for this to fail."""
        if self._state is not None:
            faults.check(self._state, what)

    def is_asked(self, fault: str) -> bool:
        """Whether a test asked for something to go wrong."""
        return self._state is not None and faults.is_asked(self._state, fault)

    def prepare_update(
        self, stack: Stack, *, body: str, parameters: Mapping[str, str], tags: Mapping[str, str] | None = None
    ) -> StackUpdate:
        """An update that is checked, and not begun. Without tags the stack keeps those that it has."""
        template = Template.parse(body)
        values = resolve_parameters(template.section("Parameters"), parameters, self.aws)
        return StackUpdate(cloudformation=self, stack=stack, template=template, parameters=values, tags=tags)

    def start_update(self, update: StackUpdate) -> None:
        """Begin to update a stack. Raises ValidationError where it is busy, or was never made."""
        stack = update.stack
        if stack.status not in _UPDATABLE:
            raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
        stack.set_status("UPDATE_IN_PROGRESS", "User Initiated")
        _start(lambda _: _guard(stack, update.run, "UPDATE_FAILED"), stack)

    def start_create(self, stack: Stack) -> None:
        """Begin to make a stack. It is in progress when this comes back."""
        stack.set_status("CREATE_IN_PROGRESS", "User Initiated")
        _start(self._create, stack)

    def start_delete(self, stack: Stack) -> None:
        """Begin to delete a stack. Raises ValidationError where it is protected or busy."""
        if stack.is_gone:
            return
        if stack.termination_protection:
            raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(f"Stack [{stack.name}] is in {stack.status} state and can not be deleted")
        stack.set_status("DELETE_IN_PROGRESS", "User Initiated")
        _start(self._delete, stack)

    def _create(self, stack: Stack) -> None:
        _guard(stack, StackCreation(cloudformation=self, stack=stack).run, "CREATE_FAILED")

    def _delete(self, stack: Stack) -> None:
        _guard(stack, lambda: delete_stack(self, stack), "DELETE_FAILED")

    def _living(self, name: str) -> Stack | None:
        return next((stack for stack in self.stacks if stack.name == name and not stack.is_gone), None)


def _start(operation: Callable[[Stack], None], stack: Stack) -> None:
    threading.Thread(target=operation, args=(stack,), name=stack.name, daemon=True).start()


def _guard(stack: Stack, operation: Callable[[], None], failure: str) -> None:
    """An error of the sandbox's own has to end the operation: the command line waits for a final status."""
    try:
        operation()
    except Exception as error:
        log.exception("%s of %s", failure, stack.name)
        stack.set_status(failure, f"The sandbox failed: {error}")


_callbacks = Callbacks()
_server: list[tuple[str, Path | None]] = []


def configure(*, endpoint: str, state: Path | None = None) -> None:
    """Say where the server is that plays the services, and the folder in which tests ask it for faults."""
    _server[:] = [(endpoint, state)]


@cache
def cloudformation_in(region: str) -> CloudFormation:
    """CloudFormation in a region."""
    ((endpoint, state),) = _server
    aws = Aws(endpoint=endpoint, region=region)
    return CloudFormation(region=region_named(region), aws=aws, callbacks=_callbacks, state=state)


def answer_callback(token: str, body: bytes) -> bool:
    """Take the answer of a custom resource's handler. Says whether anybody waits for it."""
    return _callbacks.answer(token, body)
