"""Stacks, their resources and their events, as the API describes them."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ops.sandbox.cloudformation.template import Template
from ops.sandbox.resource_types.base import Physical

if TYPE_CHECKING:
    from ops.sandbox.cloudformation.update import StackUpdate

STACK_TYPE = "AWS::CloudFormation::Stack"


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class _EventClock:
    """A clock that never tells the same time twice: the command line sorts events by time alone, in milliseconds."""

    def __init__(self) -> None:
        self._last = now()
        self._lock = threading.Lock()

    def tick(self) -> datetime:
        with self._lock:
            self._last = max(now(), self._last + timedelta(milliseconds=1))
            return self._last


_clock = _EventClock()


@dataclass(kw_only=True)
class Resource:
    """A resource of a stack, from the first event about it on."""

    logical_id: str
    type: str
    status: str = ""
    reason: str | None = None
    physical: Physical | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened to a stack or a resource."""

    event_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    timestamp: datetime


@dataclass(kw_only=True)
class Stack:
    """A stack, living or deleted."""

    stack_id: str
    name: str
    template: Template
    parameters: Mapping[str, Any]
    tags: Mapping[str, str]
    parent_id: str | None = None
    root_id: str | None = None
    disable_rollback: bool = False
    termination_protection: bool = False
    role_arn: str | None = None
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    created: datetime = field(default_factory=now)
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    """Names of exports, by the output that they carry."""
    events: list[Event] = field(default_factory=list)
    _sequence: itertools.count[int] = field(default_factory=itertools.count, repr=False)

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted: it is still described by its id."""
        return self.status == "DELETE_COMPLETE"

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Change the stack's own status, and say so."""
        # The event comes first: whoever sees the status has to find the event that goes with it.
        self._add_event(self.name, self.stack_id, STACK_TYPE, status, reason)
        self.status, self.reason = status, reason
        if status == "DELETE_COMPLETE":
            self.deleted = now()

    def set_resource_status(self, resource: Resource, status: str, reason: str | None = None) -> None:
        """Change a resource's status, and say so."""
        resource.status, resource.reason, resource.updated = status, reason, now()
        physical_id = resource.physical.ref if resource.physical else ""
        self._add_event(resource.logical_id, physical_id, resource.type, status, reason)

    def announce(self, resource: Resource, physical_id: str) -> None:
        """Say under which id a resource is on its way. The command line follows a nested stack by it."""
        resource.physical = Physical(ref=physical_id)
        self.set_resource_status(resource, resource.status, "Resource creation Initiated")

    def _add_event(self, logical_id: str, physical_id: str, type_: str, status: str, reason: str | None) -> None:
        self.events.append(
            Event(
                event_id=f"{logical_id}-{status}-{next(self._sequence)}-{uuid.uuid4()}",
                logical_id=logical_id,
                physical_id=physical_id,
                type=type_,
                status=status,
                reason=reason,
                timestamp=_clock.tick(),
            )
        )


@dataclass(kw_only=True)
class ChangeSet:
    """A change set, waiting to be executed."""

    change_set_id: str
    name: str
    stack: Stack
    status: str
    reason: str | None = None
    update: StackUpdate | None = None
    created: datetime = field(default_factory=now)

    @property
    def is_executable(self) -> bool:
        """Whether it can be executed."""
        return self.status == "CREATE_COMPLETE"
