"""Plan: what is there, what is missing, and how much that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from rich.markup import escape
from rich.table import Table

from ops.mirror.artifacts import Artifact
from ops.mirror.ends import Source, Target, read_tree
from ops.mirror.errors import MirrorError, StopError, UnreachableError
from ops.mirror.oci import Descriptor, Tree
from ops.mirror.parts import gigabytes


class State(StrEnum):
    """How an artifact is in the target."""

    THERE = "there"
    MISSING = "missing"
    OTHER = "another"
    """There, and not what its publisher has under that tag now. Nothing pins it, so it stays."""
    WRONG = "wrong"
    """There, and not what settings/releases.yaml pins."""
    UNKNOWN = "unknown"
    """Its publisher does not have it, or does not answer."""


_ELSEWHERE = "Where it can be reached, run the command with --to-archive FILE; here with --from-archive FILE"
_STYLES = {State.THERE: "green", State.MISSING: "yellow", State.OTHER: "cyan"}
_BAD = "bold red"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One artifact, its two ends, and what there is to do."""

    artifact: Artifact
    source: Source
    target: Target
    state: State
    tree: Tree | None = None
    missing: tuple[Descriptor, ...] = ()
    """Blobs that the target does not have."""
    note: str = ""

    @property
    def to_copy(self) -> int:
        """In bytes."""
        return sum(blob.size for blob in self.missing)


Ends = Callable[[Artifact], tuple[Source, Target]]


def make_plan(artifacts: Sequence[Artifact], ends: Ends, *, jobs: int) -> list[Planned]:
    """Look at both ends of each. Raises StopError where none can be looked at."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda artifact: _planned(artifact, *ends(artifact)), artifacts))


def _planned(artifact: Artifact, source: Source, target: Target) -> Planned:
    def planned(state: State, tree: Tree | None = None, note: str = "") -> Planned:
        return Planned(artifact=artifact, source=source, target=target, state=state, tree=tree, note=note)

    try:
        there = target.digest()
        if there is None:
            tree = read_tree(source)
            missing = tuple(blob for blob in tree.blobs if not target.has(blob))
            return Planned(
                artifact=artifact, source=source, target=target, state=State.MISSING, tree=tree, missing=missing
            )
        if artifact.digest not in (None, there):
            advice = f"delete the tag, then run the command again; {artifact.digest} is pinned"
            return planned(State.WRONG, note=f"{there} is there: {advice}")
        tree = read_tree(target.existing())
        published = artifact.digest or _published(source)
        if published is None:
            return planned(State.THERE, tree, "not compared with its publisher's, who cannot be asked")
        if published != there:
            return planned(State.OTHER, tree, "kept; its publisher has changed what the tag means since it was copied")
        return planned(State.THERE, tree)
    except StopError:
        raise
    except MirrorError as error:
        advice = f". {_ELSEWHERE}" if isinstance(error, UnreachableError) else ""
        return planned(State.UNKNOWN, note=f"{error}{advice}")


def _published(source: Source) -> str | None:
    try:
        return source.digest()
    except StopError:
        raise
    except MirrorError:
        return None


def to_copy(plan: Iterable[Planned]) -> int:
    """In bytes; what several images of a repository share goes there once."""
    blobs = {(each.artifact.path, blob.digest): blob.size for each in plan for blob in each.missing}
    return sum(blobs.values())


def largest(plan: Iterable[Planned], number: int) -> int:
    """Bytes of the largest so many blobs that are missing: what is on its way at one time."""
    blobs = {blob.digest: blob.size for each in plan for blob in each.missing}
    return sum(sorted(blobs.values(), reverse=True)[:number])


def table(plan: Sequence[Planned], *, title: str) -> Table:
    """For a person. Sizes are compressed, as they are copied and stored."""
    shown = Table(title=escape(title), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    shown.add_column("image or chart", overflow="fold", ratio=1)
    shown.add_column("state", no_wrap=True)
    for column in ("arm64", "amd64", "in all", "to copy"):
        shown.add_column(column, justify="right", no_wrap=True)
    for each in plan:
        style = _STYLES.get(each.state, _BAD)
        row = [escape(each.artifact.name), f"[{style}]{each.state}[/]"]
        if each.tree is None:
            shown.add_row(*row)
            continue
        sizes = [each.tree.bytes_of("linux/arm64"), each.tree.bytes_of("linux/amd64"), each.tree.size, each.to_copy]
        shown.add_row(*row, *(gigabytes(size) if size else "" for size in sizes))
    return shown


def notes(plan: Sequence[Planned]) -> Iterator[str]:
    """What the table has no room for."""
    for each in plan:
        if each.note:
            yield f"[{_STYLES.get(each.state, _BAD)}]{each.state}[/] {escape(each.artifact.name)}: {escape(each.note)}"


def summary(plan: Sequence[Planned]) -> str:
    """The last line."""
    counts = [f"{number} {state}" for state in State if (number := sum(each.state is state for each in plan))]
    size = to_copy(plan)
    return f"{len(plan)} images and charts: {', '.join(counts)}" + (f"; {gigabytes(size)} to copy" if size else "")


def is_complete(plan: Iterable[Planned]) -> bool:
    """Whether a deployment finds all that it pulls."""
    return all(each.state in (State.THERE, State.OTHER) for each in plan)
