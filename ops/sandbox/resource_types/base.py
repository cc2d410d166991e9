"""What a resource type is: how it is made, what of it can be referred to, how it is deleted.

A new type is a class with a ``name``, ``create`` and ``delete``; ``in_place`` lists what of it can change. ``create``
takes what it needs from ``request.properties``, which remembers what was asked for: a property that nobody asked for
ends the deployment with its name, so that a type never ignores in silence what a template says. What moto has no place
for is named in ``unmodelled``.
"""

from __future__ import annotations

import re
import secrets
import string
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from ops.sandbox.aws import Aws
from ops.sandbox.cloudformation.errors import UnknownChangeError, ValidationError
from ops.sandbox.regions import Region

if TYPE_CHECKING:
    from ops.sandbox.cloudformation.service import CloudFormation
    from ops.sandbox.cloudformation.update import StackUpdate

_SUFFIX_LENGTH = 12

# How services say in an error's code that something is not there. A key that waits for its deletion counts as gone.
_GONE = re.compile(r"NotFound|NoSuch|DoesNotExist|Non[Ee]xistent|^KMSInvalidState")


class Properties(Mapping[str, Any]):
    """A resource's properties. Remembers which of them were looked at."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._seen: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._seen.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def pick(self, *names: str) -> dict[str, Any]:
        """Those of the named properties that are there."""
        return {name: self[name] for name in names if name in self}

    def everything(self) -> dict[str, Any]:
        """All of them: the call that takes them refuses what it does not know."""
        return self.pick(*self._values)

    @property
    def unseen(self) -> list[str]:
        """Names of those that nobody looked at."""
        return sorted(set(self._values) - self._seen)


@dataclass(frozen=True, kw_only=True)
class Physical:
    """What was made: what ``Ref`` gives, what ``Fn::GetAtt`` gives, and what deletion has to know beside it."""

    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A resource to be made."""

    type: str
    logical_id: str
    stack_id: str
    stack_name: str
    tags: Mapping[str, str]
    properties: Properties
    cloudformation: CloudFormation
    initiated: Callable[[str], None]
    """Says under which physical id the resource is on its way, where others have to know before it is there."""
    made: Callable[[Physical], None]
    """Says that the resource is there, though not yet as it should be: should that fail, it has to be deleted."""

    @property
    def aws(self) -> Aws:
        """The services."""
        return self.cloudformation.aws

    @property
    def region(self) -> Region:
        """Where."""
        return self.cloudformation.region

    def name(self, *, limit: int = 255, lower: bool = False) -> str:
        """A name of CloudFormation's making: stack, logical id and a random end."""
        alphabet = string.ascii_lowercase + string.digits if lower else string.ascii_uppercase + string.digits
        suffix = "".join(secrets.choice(alphabet) for _ in range(_SUFFIX_LENGTH))
        stem = f"{self.stack_name}-{self.logical_id}"
        stem = (stem.lower() if lower else stem)[: limit - _SUFFIX_LENGTH - 1].strip("-")
        return f"{stem}-{suffix}"

    def call(self, service: str, operation: str, /, *names: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation with the named properties, as far as they are there, and arguments of its own."""
        return self.aws.call_with_properties(service, operation, self.properties.pick(*names), **arguments)


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """A resource to be deleted."""

    type: str
    logical_id: str
    stack_id: str
    physical: Physical
    properties: Mapping[str, Any]
    snapshot: bool
    cloudformation: CloudFormation
    rolling_back: bool = False
    """Whether it is deleted because what was to come with it could not be made."""

    @property
    def ref(self) -> str:
        """What ``Ref`` gave."""
        return self.physical.ref

    @property
    def aws(self) -> Aws:
        """The services."""
        return self.cloudformation.aws

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """Call an operation. Where what it is about is gone already there is nothing in the answer, and no error.

        So it is in AWS: somebody else may have deleted it, and the stack can be deleted all the same.
        """
        try:
            return self.aws.call(service, operation, **arguments)
        except ClientError as error:
            if _GONE.search(error.response["Error"]["Code"]):
                return {}
            raise


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a resource is before it changes."""

    physical: Physical
    properties: Mapping[str, Any]
    nested: Callable[[StackUpdate], None]
    """Takes the update of a nested stack, which ends with the update that it is part of."""
    rolling_back: bool = False
    """Whether it changes back because something else could not change."""


def changed(request: Request, change: Change) -> set[str]:
    """Names of the properties that are no longer what they were."""
    old, new = change.properties, request.properties
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


@dataclass(frozen=True, kw_only=True)
class InPlace:
    """Properties that can be changed in place, and how. ``in_place`` and ``tagging`` have what makes them."""

    properties: frozenset[str]
    apply: Callable[[Request, Change], Physical | None]
    """Changes them. Gives what the resource has become, where it can be told apart from what it was."""
    removable: frozenset[str] = frozenset()
    """Those that can be taken away as well."""


class CreationFailedError(Exception):
    """The resource could not be made, and yet has an id under which it has to be deleted."""

    def __init__(self, reason: str, *, physical: Physical) -> None:
        super().__init__(reason)
        self.physical = physical


class ResourceType(ABC):
    """A CloudFormation resource type. To define one is to register it."""

    name: ClassVar[str]
    unmodelled: ClassVar[tuple[str, ...]] = ()
    """Properties that moto has no place for: they are accepted, and nothing can be told from them."""
    takes_snapshots: ClassVar[bool] = False
    """Whether ``DeletionPolicy: Snapshot`` means something."""
    in_place: ClassVar[tuple[InPlace, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "name" in vars(cls):
            _TYPES[cls.name] = cls()

    @abstractmethod
    def create(self, request: Request) -> Physical:
        """Make it."""

    def update(self, request: Request, change: Change) -> Physical:
        """Change it in place. Raises UnknownChangeError, before anything is done, for what cannot be."""
        names = changed(request, change) - set(self.unmodelled)
        removed = names - set(request.properties)
        known = {name for each in self.in_place for name in each.properties}
        unknown = names - known | removed - {name for each in self.in_place for name in each.removable}
        if unknown:
            listed = ", ".join(sorted(unknown))
            raise UnknownChangeError(f"{self.name}: a change of {listed} is not known to the sandbox")
        physical = change.physical
        for each in self.in_place:
            if names & each.properties:
                physical = each.apply(request, replace(change, physical=physical)) or physical
        return physical

    @abstractmethod
    def delete(self, deletion: Deletion) -> None:
        """Delete it."""


_TYPES: dict[str, ResourceType] = {}

CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"


def known_types() -> frozenset[str]:
    """The names of all types."""
    return frozenset(_TYPES)


def find_type(name: str) -> ResourceType:
    """The type with this name. Raises ValidationError where it is not known."""
    type_ = _TYPES.get(CUSTOM_RESOURCE if name.startswith("Custom::") else name)
    if type_ is None:
        raise ValidationError(f"the resource type {name} is not known to the sandbox")
    return type_
