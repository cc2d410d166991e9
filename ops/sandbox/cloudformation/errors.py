"""What CloudFormation answers when it refuses."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    """The request, or the template in it, is wrong. This is also how the sandbox says that it cannot do something."""

    code = "ValidationError"

    def __str__(self) -> str:
        # It becomes the reason in a resource's status, which has no code before it.
        return self.message


class UnchangedError(ValidationError):
    """A resource is not changed. Nothing was done, and so there is nothing to take back."""


class UnknownChangeError(UnchangedError):
    """The sandbox does not know this change."""


class RefusedChangeError(UnchangedError):
    """AWS does not do this."""


class AlreadyExistsError(ServiceException):
    """A stack has this name already."""

    code = "AlreadyExistsException"


class ChangeSetNotFoundError(ServiceException):
    """No change set has this name."""

    code = "ChangeSetNotFound"


def no_such_stack(name: str) -> ValidationError:
    """The error that the CDK's command line takes for 'there is no such stack': its words matter."""
    return ValidationError(f"Stack with id {name} does not exist")
