"""cfn-lint in processes of its own: it takes about a second per template, so what it found is kept."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context

from tests.support.kept import kept


def lint(job: tuple[str, str]) -> list[str]:
    """What cfn-lint finds in a template for a region, as lines of ``rule: message``."""
    return kept("cfn-lint", (version("cfn-lint"), *job), lambda: _lint(*job))


def _lint(text: str, region: str) -> list[str]:
    from cfnlint.api import lint as check  # noqa: PLC0415 - only where there is something to do: it takes long to load

    return [
        f"{found.rule.id} {'/'.join(map(str, found.path))}: {found.message}" for found in check(text, regions=[region])
    ]


def lint_all(jobs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Findings by job, each different one done once."""
    different = list(dict.fromkeys(jobs))
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return dict(zip(different, pool.map(lint, different), strict=True))
