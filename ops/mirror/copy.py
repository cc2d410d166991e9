"""Copy: blobs first, then the manifests that refer to them, the tag last, so that nothing is seen that is not whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ops.mirror.errors import InterruptedCopyError, MirrorError, StopError
from ops.mirror.oci import Descriptor
from ops.mirror.parts import Parts, gigabytes
from ops.mirror.plan import Planned, to_copy


@dataclass(kw_only=True)
class Copy:
    """One run."""

    parts: Parts
    jobs: int
    """How many blobs at once."""
    console: Console

    def run(self, plan: Sequence[Planned]) -> dict[str, MirrorError]:
        """Copy what is missing; what could not be copied, by its name, with the reason.

        Raises StopError where nothing more can be copied, and KeyboardInterrupt; what has been copied stays.
        """
        failed: dict[str, MirrorError] = {}
        columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
        with (
            Progress(*columns, console=self.console) as progress,
            ThreadPoolExecutor(self.jobs) as blobs,
            ThreadPoolExecutor(self.jobs) as artifacts,
        ):
            # Each byte comes, and goes.
            total = progress.add_task(gigabytes(to_copy(plan)), total=2 * sum(each.to_copy for each in plan))
            done = partial(progress.advance, total)
            futures = {artifacts.submit(self._artifact, each, blobs, progress, done): each for each in plan}
            try:
                for future in as_completed(futures):
                    try:
                        future.result()
                    except (StopError, InterruptedCopyError):
                        raise
                    except MirrorError as error:
                        failed[futures[future].artifact.name] = error
            except BaseException:
                self.parts.stop.set()
                artifacts.shutdown(wait=False, cancel_futures=True)
                blobs.shutdown(wait=False, cancel_futures=True)
                raise
        return failed

    def _artifact(
        self, planned: Planned, blobs: ThreadPoolExecutor, progress: Progress, done: Callable[[float], None]
    ) -> None:
        self.parts.go_on()
        shown = progress.add_task(planned.artifact.name, total=2 * planned.to_copy)

        def advance(count: int) -> None:
            self.parts.go_on()
            progress.advance(shown, count)
            done(count)

        waiting = [blobs.submit(self._blob, planned, blob, advance) for blob in planned.missing]
        _wait(waiting)
        self.parts.go_on()
        self._publish(planned)
        progress.update(shown, visible=False)
        self.console.print(f"copied {planned.artifact.name}", highlight=False)

    def _blob(self, planned: Planned, blob: Descriptor, advance: Callable[[int], None]) -> None:
        self.parts.go_on()
        with self.parts.only_one(blob):
            if planned.target.has(blob):  # another image has brought it meanwhile
                advance(2 * blob.size)
                return
            with self.parts.fetched(planned.source, blob, advance) as file:
                planned.target.write(blob, file, advance)

    def _publish(self, planned: Planned) -> None:
        tree = planned.tree
        assert tree is not None  # noqa: S101 - what is missing has been read
        for _, child in tree.children:
            planned.target.publish(child, tagged=False)
        planned.target.publish(tree.root, tagged=True)
        there = planned.target.digest()
        if there != tree.root.digest:
            raise MirrorError(f"{tree.root.digest} was copied, but {there} is there. Copy it again, and find out why")


def _wait(futures: Sequence[Future[None]]) -> None:
    """Raises the first error, once none of them runs any more."""
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    for error in errors:
        if isinstance(error, StopError):
            raise error
    if errors:
        raise errors[0]
