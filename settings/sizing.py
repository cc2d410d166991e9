"""``python -m settings.sizing`` writes the table of docs/sizing.md; with ``--check`` it only compares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from settings import capacity
from settings.context import build_settings
from settings.model import Settings
from settings.sizes import DEFAULT_SIZE, SIZES

PAGE = Path(__file__).parents[1] / "docs" / "sizing.md"
COMMAND = "python -m settings.sizing"
_BEGIN, _END = f"<!-- Written by `{COMMAND}`. -->\n", "<!-- End of what is written. -->"

_ROWS: dict[str, Callable[[Settings], object]] = {
    "**Tasks**": lambda _: "",
    "most workers": lambda its: its.airflow.workers.max,
    "tasks of one worker": lambda its: its.airflow.workers.concurrency,
    "tasks of all workers": lambda its: capacity.tasks(its.airflow),
    "schedulers": lambda its: its.airflow.scheduler.replicas,
    "`parallelism` of each": lambda its: capacity.parallelism(its.airflow),
    "memory for one task": lambda its: f"{capacity.memory_per_task(its.airflow.worker_sets[0]) * 1024:.0f} MiB",
    "**Connections to the database**": lambda _: "",
    "instance class": lambda its: f"`{its.database.instance_type}`",
    "it accepts": lambda its: capacity.database_connections(its).limit,
    "without a tenth": lambda its: capacity.database_connections(its).usable,
    "of the pooler": lambda its: capacity.database_connections(its).pooler,
    "kept for AWS and people": lambda its: capacity.database_connections(its).reserved,
    "sum": lambda its: f"**{capacity.database_connections(its).planned}**",
    "**Connections to the pooler**": lambda _: "",
    "accepted with one replica away": lambda its: capacity.client_connections(its.airflow).limit,
    "of servers": lambda its: capacity.client_connections(its.airflow).servers,
    "of workers": lambda its: capacity.client_connections(its.airflow).workers,
    "of jobs": lambda its: capacity.client_connections(its.airflow).jobs,
    "of KEDA": lambda its: capacity.client_connections(its.airflow).keda,
    "sum, servers and workers twice": lambda its: f"**{capacity.client_connections(its.airflow).planned}**",
    "**Nodes for workers, at the most**": lambda _: "",
    "vCPUs": lambda its: capacity.node_room(its.airflow.worker_sets[0]).vcpus,
    "memory": lambda its: f"{capacity.node_room(its.airflow.worker_sets[0]).memory_gib} GiB",
    "**Task pods, at the most**": lambda _: "",
    "pods": lambda its: its.airflow.task_pods.pods,
    "vCPUs of their nodes": lambda its: capacity.task_pod_room(its.airflow.task_pods).vcpus,
    "memory of their nodes": lambda its: f"{capacity.task_pod_room(its.airflow.task_pods).memory_gib} GiB",
}


def table() -> str:
    """The numbers of each size class with nothing else set."""
    settings = {size: build_settings({"size": size}) for size in SIZES}
    head = ["", *(f"{size} (default)" if size == DEFAULT_SIZE else size for size in SIZES)]
    rows = [[name, *(str(of(its)) for its in settings.values())] for name, of in _ROWS.items()]
    return "\n".join([f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table into the page, or with ``--check`` say whether it is up to date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write the table of docs/sizing.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the table is stale")
    check = parser.parse_args(arguments).check
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        sys.stderr.write(f"docs/{PAGE.name} has no place for the table\n")
        return 1
    written = f"{before}{_BEGIN}\n{table()}\n\n{_END}{after}"
    if not check:
        PAGE.write_text(written, encoding="utf-8")
        return 0
    if written == text:
        return 0
    sys.stderr.write(f"docs/{PAGE.name} does not have the numbers of the size classes; run: {COMMAND}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
