"""Results that take long and always come out the same, kept on disk for other processes and the next run.

A key is everything that the result comes from: the program's version, and its input. ``make clean`` takes them away.
"""

from __future__ import annotations

import fcntl
import hashlib
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

FOLDER = Path(__file__).parents[2] / ".cache" / "tests"
_UNUSED_SECONDS = 14 * 24 * 60 * 60
_NOTHING = object()
Result = TypeVar("Result")


def kept(kind: str, key: tuple[str, ...], make: Callable[[], Result]) -> Result:
    """The result of what has this key; it is made where there is none yet. What is given is the caller's own.

    Of processes that ask for the same at once, one makes it, and the others wait.
    """
    file = FOLDER / kind / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.pickle"
    found = _read(file)
    if found is not _NOTHING:
        return found  # type: ignore[no-any-return]
    with _alone(file.name):
        found = _read(file)
        if found is _NOTHING:
            found = make()
            write(pickle.dumps(found), file)
            _forget_unused(file.parent)
    return found  # type: ignore[no-any-return]


def _read(file: Path) -> Any:
    try:
        content = file.read_bytes()
        file.touch()
        return pickle.loads(content)
    except (OSError, EOFError, pickle.UnpicklingError):
        return _NOTHING


@contextmanager
def _alone(name: str) -> Iterator[None]:
    path = FOLDER / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    path.unlink(missing_ok=True)  # who waits has it open


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
