"""Results that take long and always come out the same, kept on disk for other processes and the next run.

A key is everything that the result comes from: the program's version, and its input. ``make clean`` takes them away.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).parents[2] / ".cache" / "tests"
_UNUSED_SECONDS = 14 * 24 * 60 * 60
Result = TypeVar("Result")


def kept(kind: str, key: tuple[str, ...], make: Callable[[], Result]) -> Result:
    """The result of what has this key; it is made where there is none yet. What is given is the caller's own."""
    file = FOLDER / kind / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.pickle"
    try:
        found: Result = pickle.loads(file.read_bytes())
        file.touch()
    except (OSError, EOFError, pickle.UnpicklingError):
        found = make()
        write(pickle.dumps(found), file)
        _forget_unused(file.parent)
    return found


def write(content: bytes, to: Path, *, mode: int = 0o600) -> None:
    """Write a file that appears whole or not at all: another process may write the same."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=to.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(mode)
    Path(file.name).replace(to)


def _forget_unused(folder: Path) -> None:
    """What nobody has asked for in two weeks goes."""
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # another process has just done it
            if file.stat().st_mtime < time.time() - _UNUSED_SECONDS:
                file.unlink()
