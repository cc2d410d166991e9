"""Change sets: ``cdk bootstrap`` always goes by one, and ``cdk deploy`` unless told otherwise."""

from __future__ import annotations

import uuid

from ops.sandbox.cloudformation.errors import ChangeSetNotFoundError
from ops.sandbox.cloudformation.model import ChangeSet, Stack
from ops.sandbox.cloudformation.update import StackUpdate
from ops.sandbox.regions import Region

# The words by which the command line knows that there is nothing to do.
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSets:
    """The change sets of a region."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._change_sets: dict[str, ChangeSet] = {}

    def to_create(self, name: str, stack: Stack) -> ChangeSet:
        """A change set that makes a stack."""
        return self._add(name, stack, status="CREATE_COMPLETE", reason=None)

    def to_update(self, name: str, stack: Stack, update: StackUpdate | None) -> ChangeSet:
        """A change set for a stack that is there; without an update it has no changes."""
        if update is None:
            return self._add(name, stack, status="FAILED", reason=_NO_CHANGES)
        return self._add(name, stack, status="CREATE_COMPLETE", reason=None, update=update)

    def find(self, name_or_id: str) -> ChangeSet:
        """A change set. Raises ChangeSetNotFoundError where there is none."""
        for change_set in self._change_sets.values():
            if name_or_id in (change_set.name, change_set.change_set_id):
                return change_set
        raise ChangeSetNotFoundError(f"ChangeSet [{name_or_id}] does not exist")

    def delete(self, name_or_id: str) -> None:
        """Delete a change set, if it is there."""
        for change_set in list(self._change_sets.values()):
            if name_or_id in (change_set.name, change_set.change_set_id):
                del self._change_sets[change_set.change_set_id]

    def _add(
        self, name: str, stack: Stack, *, status: str, reason: str | None, update: StackUpdate | None = None
    ) -> ChangeSet:
        arn = self._region.arn("cloudformation", f"changeSet/{name}/{uuid.uuid4()}")
        change_set = ChangeSet(change_set_id=arn, name=name, stack=stack, status=status, reason=reason, update=update)
        self._change_sets[arn] = change_set
        return change_set
