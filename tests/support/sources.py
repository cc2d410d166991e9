"""What the project's sources give, kept for other processes and the next run: another source, and it is made anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from ops.checked import ROOT, SOURCES, sources
from tests.support import kept

# And what makes the results of it.
_MAKERS = (
    *("ops/assembly.py", "ops/errors.py", "tests/charts/builders.py"),
    *(f"tests/support/{name}.py" for name in ("deployment", "order", "references", "sources", "synthesis", "walk")),
)
Result = TypeVar("Result")


class Test:
    """What is known of the test that runs."""

    patches = False
    """It may have changed what is in memory, so that files do not say all."""


def of_sources(kind: str, key: tuple[str, ...], make: Callable[[], Result]) -> Result:
    """The result of the sources with this key; a test that patches something has one of its own."""
    return make() if Test.patches else kept.kept(kind, (state(), *key), make)


@cache
def state() -> str:
    """Another text for each other source."""
    return sources(ROOT, (*SOURCES, *_MAKERS))
