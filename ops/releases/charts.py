"""``ops releases charts``: the archives of all pinned charts, in one folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from ops.errors import explained
from ops.mirror.charts import archive_of
from ops.mirror.errors import MirrorError, NoAnswerError
from ops.mirror.route import Upstream
from ops.releases.folder import VARIABLE, Standing, charts_folder, keep, standing
from settings import ChartRelease, load_releases

_AT_ONCE = 4


class State(StrEnum):
    """What became of one chart."""

    THERE = "there"
    FETCHED = "fetched"
    OUT_OF_REACH = "not to be had"
    """Its publisher does not answer, here or for now."""
    WRONG = "wrong"
    """What its publisher has, or what lies in the folder, is not what is pinned."""


_STYLES = {State.THERE: "green", State.FETCHED: "green", State.OUT_OF_REACH: "yellow", State.WRONG: "bold red"}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One chart, and why it is not there where it is not."""

    release: ChartRelease
    state: State
    reason: str = ""


def charts() -> None:
    """Fetch the archive of every chart of settings/releases.yaml, and check it against its digest there.

    They go into ~/.cache/airflow-eks/charts, or the folder that HELM_CHARTS names; what is there already and is what
    is pinned stays. Exit code: 0 all that can be reached is there, 1 a publisher or the folder has something else than
    what is pinned, 2 not run, 130 interrupted.
    """
    with explained():
        folder, console = charts_folder(), Console(stderr=True, emoji=False)
        with console.status(f"fetching charts into {escape(str(folder))}"):
            done = fetch(list(load_releases().charts.values()), folder)
        for each in done:
            if each.state is not State.THERE:
                told = f"[{_STYLES[each.state]}]{each.state}[/] {escape(each.release.archive)}"
                console.print(
                    told + (f": {escape(each.reason)}" if each.reason else ""), highlight=False, soft_wrap=True
                )
        loose = [each.release.archive for each in done if standing(each.release, folder) is Standing.UNPINNED]
        if loose:
            print(f"{Standing.UNPINNED} (ops releases pin): {', '.join(loose)}")
        counts = [f"{number} {state}" for state in State if (number := sum(each.state is state for each in done))]
        print(f"{len(done)} charts in {folder} ({VARIABLE}): {', '.join(counts)}")
    raise typer.Exit(int(any(each.state is State.WRONG for each in done)))


def fetch(releases: list[ChartRelease], folder: Path) -> list[Fetched]:
    """Bring what is missing into the folder. Raises OpsError where it cannot be written."""
    upstream = Upstream()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            return list(pool.map(lambda release: _one(upstream, release, folder), releases))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(upstream: Upstream, release: ChartRelease, folder: Path) -> Fetched:
    there = standing(release, folder)
    if there in (Standing.PINNED, Standing.UNPINNED):
        return Fetched(release=release, state=State.THERE)
    other = f". What lies in {folder} is {there}, and stays there" if there is Standing.OTHER else ""
    try:
        source = upstream.of(release)
        manifest = source.manifest()
        keep(archive_of(source, manifest), release, folder, manifest.content)
    except NoAnswerError as error:
        state = State.WRONG if other else State.OUT_OF_REACH
        return Fetched(release=release, state=state, reason=f"{error}{other}")
    except MirrorError as error:
        return Fetched(release=release, state=State.WRONG, reason=f"{error}{other}")
    return Fetched(release=release, state=State.FETCHED)
