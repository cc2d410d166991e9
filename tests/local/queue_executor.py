"""Run by Airflow's Python: a CeleryExecutor as a scheduler has it, without the rest of the scheduler.

Each line of standard input has a number of tasks to queue. Each round is a line of standard output, in JSON: how long
the executor kept the scheduler, how many tasks wait to be published, and which have failed or succeeded.
"""

# ruff: noqa: T201 - the test reads what it prints

from __future__ import annotations

import json
import os
import sys
import time
import uuid

from airflow.executors.workloads import ExecuteTask
from airflow.executors.workloads.base import BundleInfo
from airflow.executors.workloads.task import TaskInstanceDTO
from airflow.providers.celery.executors.celery_executor import CeleryExecutor

# As long as a scheduler rests that has nothing to do (scheduler.scheduler_idle_sleep_time).
REST_SECONDS = 1.0


def workload(number: int) -> ExecuteTask:
    task = TaskInstanceDTO(
        id=uuid.uuid4(), dag_version_id=uuid.uuid4(), task_id=f"task_{number}", dag_id="dag", run_id="run",
        try_number=1, pool_slots=1, queue="default", priority_weight=1, external_executor_id=str(uuid.uuid4()),
    )  # fmt: skip
    return ExecuteTask(ti=task, dag_rel_path="dag.py", token="", log_path="log", bundle_info=BundleInfo(name="dags"))


def main() -> None:
    executor = CeleryExecutor(parallelism=10_000)
    executor.start()
    os.set_blocking(sys.stdin.fileno(), False)
    numbers = iter(range(10_000))
    rest = b""
    while True:
        try:
            read = os.read(sys.stdin.fileno(), 1000)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                for _ in range(int(line)):
                    made = workload(next(numbers))
                    executor.queued_tasks[made.ti.key] = made
        except BlockingIOError:
            pass
        begun = time.monotonic()
        executor.heartbeat()
        block = time.monotonic() - begun
        states: dict[str, list[str]] = {}
        for key, (state, _) in executor.get_event_buffer().items():
            states.setdefault(str(getattr(state, "value", state)), []).append(key.task_id)
        print(json.dumps({"block": round(block, 2), "waiting": len(executor.queued_tasks), **states}), flush=True)
        time.sleep(REST_SECONDS)


main()
