"""What can go wrong with one artifact, or with all of them."""

from __future__ import annotations

from ops.errors import OpsError


class MirrorError(OpsError):
    """An artifact cannot be copied; others may be."""


class NoAnswerError(MirrorError):
    """A publisher does not give what it may well have."""


class UnreachableError(NoAnswerError):
    """A publisher cannot be reached from here; from elsewhere it may be."""


class BusyError(NoAnswerError):
    """A publisher has no time for now."""


class BrokenOffError(NoAnswerError):
    """A transfer ended before all was there; another try goes on with it."""


class StopError(MirrorError):
    """No other artifact can be copied either: nothing is allowed, the disk is full."""


class InterruptedCopyError(MirrorError):
    """Somebody pressed Ctrl-C, or another artifact met a StopError."""
