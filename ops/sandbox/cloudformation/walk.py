"""Doing something to many items in the order of their dependencies, side by side where they have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

_AT_A_TIME = 10


def walk(needs: Mapping[str, frozenset[str]], do: Callable[[str], bool]) -> None:
    """Do something to each item after all that it needs were done. What needs one that was not done is left."""
    waiting = dict(needs)
    done: set[str] = set()
    with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
        running: dict[Future[bool], str] = {}
        while True:
            for item in [item for item, required in waiting.items() if required <= done]:
                running[pool.submit(do, item)] = item
                del waiting[item]
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                item = running.pop(future)
                if future.result():
                    done.add(item)
