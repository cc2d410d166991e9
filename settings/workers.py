"""Celery workers: those of the default queue, and those of the queues that a deployment adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from settings.section import Section
from settings.types import CpuQuantity, InWords, Items, MemoryQuantity

DEFAULT_QUEUE = "default"
"""Airflow's own name of the queue of a task that names none."""

InstanceCategories = Annotated[Items[Literal["c", "m", "r"]], InWords("one or more of c, m and r")]

_CATEGORIES = (
    "Kinds of EC2 instances that may carry them: `c` has 2 GiB of memory for each vCPU, `m` has 4 and `r` has 8."
)


class WorkerSettings(Section):
    """Celery workers of the default queue, scaled by KEDA."""

    min: int = Field(default=0, ge=0, le=200, description="Fewest workers. 0: none run while nothing is queued.")
    max: int = Field(ge=1, le=200, description="Most workers.")
    concurrency: int = Field(ge=1, le=64, description="Tasks that one worker runs at a time.")
    cpu: CpuQuantity = Field(description="CPU request of a worker.")
    memory: MemoryQuantity = Field(description="Memory request and limit of a worker.")
    spot: bool = Field(default=True, description="Spot capacity where there is any, on-demand otherwise.")
    instance_categories: InstanceCategories = Field(default=("c", "m", "r"), min_length=1, description=_CATEGORIES)
    longest_task_hours: int = Field(
        default=24,
        ge=1,
        le=168,
        description="Hours that the longest task may take, in any queue. A worker that is told to go takes no new task "
        "and ends the ones it has, for as long as this; Celery gives a task to a second worker after it.",
    )


class QueueSettings(Section):
    """A further queue with workers of its own. What is not set is as in `airflow.workers`."""

    min: int = Field(default=0, ge=0, le=200, description="Fewest workers. 0: none run while nothing is queued.")
    max: int | None = Field(default=None, ge=1, le=200, description="Most workers. Unset: as `airflow.workers.max`.")
    concurrency: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Tasks that one worker runs at a time. Unset: as `airflow.workers.concurrency`.",
    )
    cpu: CpuQuantity | None = Field(
        default=None, description="CPU request of a worker. Unset: as `airflow.workers.cpu`."
    )
    memory: MemoryQuantity | None = Field(
        default=None, description="Memory request and limit of a worker. Unset: as `airflow.workers.memory`."
    )
    spot: bool | None = Field(
        default=None,
        description="Spot capacity where there is any, on-demand otherwise. Unset: as `airflow.workers.spot`.",
    )
    instance_categories: InstanceCategories = Field(
        default=(), description=f"{_CATEGORIES} Empty: as `airflow.workers.instance_categories`."
    )


@dataclass(frozen=True, kw_only=True)
class WorkerSet:
    """Workers of one queue, every value in force."""

    queue: str
    min: int
    max: int
    concurrency: int
    cpu: str
    memory: str
    spot: bool
    instance_categories: tuple[str, ...]

    @property
    def key(self) -> str:
        """The section that sets them."""
        return "airflow.workers" if self.is_default else f"airflow.queues.{self.queue}"

    @property
    def is_default(self) -> bool:
        """Whether they take the tasks that name no queue."""
        return self.queue == DEFAULT_QUEUE

    @property
    def tasks(self) -> int:
        """Tasks that all of them run at a time."""
        return self.max * self.concurrency


def worker_sets(workers: WorkerSettings, queues: Mapping[str, QueueSettings]) -> tuple[WorkerSet, ...]:
    """The default queue's workers, then those of the others by name, so that their order in a file means nothing."""
    of_default = WorkerSet(
        queue=DEFAULT_QUEUE,
        min=workers.min,
        max=workers.max,
        concurrency=workers.concurrency,
        cpu=workers.cpu,
        memory=workers.memory,
        spot=workers.spot,
        instance_categories=workers.instance_categories,
    )
    others = (
        WorkerSet(
            queue=name,
            min=queue.min,
            max=queue.max or workers.max,
            concurrency=queue.concurrency or workers.concurrency,
            cpu=queue.cpu or workers.cpu,
            memory=queue.memory or workers.memory,
            spot=workers.spot if queue.spot is None else queue.spot,
            instance_categories=queue.instance_categories or workers.instance_categories,
        )
        for name, queue in sorted(queues.items())
    )
    return (of_default, *others)
