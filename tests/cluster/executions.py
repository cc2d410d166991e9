"""What ran: the executions that the tasks of `many_short_tasks` wrote into the log bucket, and a verdict on them.

An *execution* is one time that a task's own code was run. It says that it began, and that it has ended.

- A task is **lost** if it did not succeed, or if Airflow says that it did and no execution of it has ended.
- A task **ran twice** if two executions of it have ended, or if two of them began as the same try.
- An execution that began and did not end was **interrupted**. A loss may do that; a later try has to end then.

A try that has no execution at all (the worker was lost, or nobody answered it, before the task's code began) is no
execution: it uses up a try, and is neither of the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.sandbox.aws import Aws

PREFIX = "task-logs/executions"


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One time that a task's code was run. Times are the bucket's, whole seconds."""

    number: int
    try_number: int
    identifier: str
    began: datetime | None
    ended: datetime | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is wrong with a run, in words; nothing, if all is well."""

    lost: list[str]
    twice: list[str]
    interrupted: list[str]
    tries: Counter[int]

    @property
    def faults(self) -> list[str]:
        """All that may not be."""
        return self.lost + self.twice


def executions(aws: Aws, *, bucket: str, run_id: str) -> list[Execution]:
    """Those of a run so far, in the order of their numbers and tries."""
    times: dict[tuple[int, int, str], dict[str, datetime]] = {}
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{PREFIX}/{run_id}/")
    for item in (item for page in pages for item in page.get("Contents", [])):
        number, name = item["Key"].rsplit("/", 2)[1:]
        tried, identifier, what = name.split(".")
        times.setdefault((int(number), int(tried), identifier), {})[what] = item["LastModified"]
    return [
        Execution(number=number, try_number=tried, identifier=identifier, began=at.get("began"), ended=at.get("ended"))
        for (number, tried, identifier), at in sorted(times.items())
    ]


def judge(found: Iterable[Execution], instances: Iterable[Mapping[str, Any]], *, count: int) -> Verdict:
    """Compare what ran with what Airflow says of the run's ``count`` tasks (`AirflowApi.task_instances`)."""
    by_number: dict[int, list[Execution]] = {number: [] for number in range(count)}
    for one in found:
        by_number.setdefault(one.number, []).append(one)
    said = {int(instance["map_index"]): instance for instance in instances}
    verdict = Verdict(lost=[], twice=[], interrupted=[], tries=Counter())
    for number, ones in by_number.items():
        state = said.get(number, {}).get("state")
        ended = [one for one in ones if one.ended]
        verdict.tries[int(said.get(number, {}).get("try_number") or 0)] += 1
        if state != "success":
            verdict.lost.append(f"task {number} is {state or 'not there'}; {_words(ones)}")
        elif not ended:
            verdict.lost.append(f"task {number} has not ended, though Airflow calls it a success; {_words(ones)}")
        if len(ended) > 1 or any(times > 1 for times in Counter(one.try_number for one in ones).values()):
            verdict.twice.append(f"task {number} ran twice; {_words(ones)}")
        verdict.interrupted.extend(f"task {number}: {_words([one])}" for one in ones if not one.ended)
    return verdict


def _words(ones: Iterable[Execution]) -> str:
    words = [
        f"try {one.try_number} began {one.began:%H:%M:%S}" + (f", ended {one.ended:%H:%M:%S}" if one.ended else "")
        for one in ones
        if one.began
    ]
    return "; ".join(words) or "it never began"
