"""What both command lines do about what is foreseeable: Ctrl-C, an output that is closed or full, a plain terminal."""

from __future__ import annotations

import codecs
import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, TextIO

STOPPED = 130
CANNOT = 2
CLOSED = 1
"""As rich and click end: who reads no further wants to hear nothing."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITTEN = re.compile(r"^(EACCES|EDQUOT|EISDIR|ENOSPC|ENOTDIR|EPERM|EROFS): |must be a directory$")
_PLAIN = {"·": "-", "→": "->", "…": "...", "–": "-", "×": "x", "≤": "<=", "≥": ">=", "✓": "ok"}  # noqa: RUF001


@contextmanager
def guarded() -> Iterator[None]:
    """End the program with one line, and no traceback, where a person or the machine stops it."""
    _prepare()
    try:
        try:
            yield
        finally:
            # Python would write what is left after all is over, and could only complain.
            _flush()
    except KeyboardInterrupt:
        _end("stopped", STOPPED)
    except ModuleNotFoundError as error:
        # Another Python than the project's, most likely: the command line of the CDK runs the first one on the PATH.
        missing = f"{sys.executable} has no {error.name}: run `make setup` once, then `source .venv/bin/activate`"
        _end(missing, CANNOT)
    except BrokenPipeError:
        _end("", CLOSED)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        what = f"{error.filename} cannot be written" if error.filename else "the output cannot be written"
        _end(f"{what}: {error.strerror}", CANNOT)
    except RuntimeError as error:
        said = str(error).removeprefix("Error: ")
        # The CDK runs on Node.js, whose errors come as text.
        if type(error.__cause__).__name__ != "JavaScriptError" or not _NOT_WRITTEN.search(said):
            raise
        _end(
            f"the synthesized templates cannot be written: {said}. Make room, or synthesize into another folder.",
            CANNOT,
        )


def _prepare() -> None:
    codecs.register_error("plain", _plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed before the program began
            # For as long as the program runs.
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """A terminal that knows no sign beyond ASCII gets one that stands for it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()


def _end(message: str, code: int) -> NoReturn:
    if message:
        with suppress(OSError):
            print(message, file=sys.stderr, flush=True)
    for stream in (sys.stdout, sys.stderr):
        _leave(stream)
    raise SystemExit(code) from None


def _leave(stream: TextIO) -> None:
    """Let what cannot be written go nowhere, so that Python's own last try to write it does not fail too."""
    try:
        stream.flush()
    except OSError:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, suppress(OSError, ValueError):
            os.dup2(nowhere.fileno(), stream.fileno())
