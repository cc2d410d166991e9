"""Why a command could not do its work, in one message for the person who typed it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from settings import SettingsError

COULD_NOT_RUN = 2


class OpsError(Exception):
    """A command cannot go on. The message says why, and what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """End the command with the message of an expected error, without a traceback."""
    try:
        yield
    except (OpsError, SettingsError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(COULD_NOT_RUN) from None
