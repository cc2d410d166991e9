"""cfn-lint in processes of its own: it takes about a second per template."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def lint(job: tuple[str, str]) -> list[str]:
    """What cfn-lint finds in a template for a region, as lines of ``rule: message``."""
    from cfnlint.api import lint as check  # noqa: PLC0415 - the processes need it, this one does not

    text, region = job
    return [
        f"{found.rule.id} {'/'.join(map(str, found.path))}: {found.message}" for found in check(text, regions=[region])
    ]


def lint_all(jobs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Findings by job, each different one done once."""
    different = list(dict.fromkeys(jobs))
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return dict(zip(different, pool.map(lint, different), strict=True))
