"""The load that everything is lost under: runs of 200 short tasks, one after the other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cluster import executions
from tests.cluster.airflow import ClusterAirflow, states, trigger, wait
from tests.cluster.executions import Execution, Verdict, judge
from tests.cluster.losses import until
from tests.cluster.platform import Platform

DAG = "many_short_tasks"
COUNT = 200
_ENOUGH = 60
"""Tasks that have to be left for a loss to be under load."""
_BEGIN_SECONDS = 240


@pytest.fixture(scope="session")
def load(platform: Platform, airflow: ClusterAirflow, pushed: None) -> Load:  # noqa: ARG001 - the DAG is there
    """The load of the session."""
    return Load(platform, airflow)


class Load:
    """Runs of the DAG, and what of them ran."""

    def __init__(self, platform: Platform, airflow: ClusterAirflow) -> None:
        self._aws, self._airflow = platform.aws, airflow
        self._bucket = platform.outputs["LogBucketName"]
        self.runs: list[str] = []
        self.node_back: datetime | None = None
        """When a lost node was there again, if one was lost."""

    def keep_going(self) -> None:
        """See to it that there is a run with enough tasks left, and that its tasks begin."""
        if not self.runs or COUNT - self._ended(self.runs[-1]) < _ENOUGH:
            self.runs.append(trigger(self._airflow, DAG))
            self.goes_on(datetime.now(UTC), seconds=_BEGIN_SECONDS)

    def executions(self, run_id: str) -> list[Execution]:
        """What of a run was executed so far."""
        return executions.executions(self._aws, bucket=self._bucket, run_id=run_id)

    def goes_on(self, since: datetime, *, seconds: float) -> float:
        """Wait until a task begins after ``since``, or until none is left. Gives the seconds from ``since``."""
        until(lambda: self._began_after(since), seconds=seconds, what="a task that begins", poll=2)
        return (datetime.now(UTC) - since).total_seconds()

    def first_after(self, since: datetime) -> float:
        """Seconds from ``since`` to the first task that began after it."""
        began = (one.began for run in self.runs for one in self.executions(run) if one.began)
        return min(((at - since).total_seconds() for at in began if at > since), default=0.0)

    def verdict(self, run_id: str, *, seconds: float) -> Verdict:
        """Wait until a run is over, and say what is wrong with it."""
        wait(self._airflow, DAG, run_id, seconds=seconds)
        return judge(self.executions(run_id), self._airflow.task_instances(DAG, run_id), count=COUNT)

    def failed(self) -> dict[str, str]:
        """Tasks of all runs that have failed for good so far."""
        found = {f"{run} {task}": state for run in self.runs for task, state in states(self._airflow, DAG, run).items()}
        return {task: state for task, state in found.items() if state in ("failed", "upstream_failed", "removed")}

    def _ended(self, run_id: str) -> int:
        return len({one.number for one in self.executions(run_id) if one.ended})

    def _began_after(self, since: datetime) -> bool:
        # The bucket's times are whole seconds, cut off.
        began = (one.began for run in self.runs for one in self.executions(run) if one.began)
        return any(at > since for at in began) or self._ended(self.runs[-1]) == COUNT
