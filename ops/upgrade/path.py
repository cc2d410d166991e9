"""The path: what a deployment does, step by step, in the order in which CloudFormation takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ops.changes.compare import Comparison
from ops.checks import Finding, Findings, NotCheckedError, not_checked, ok
from ops.report import Status
from ops.upgrade import path_airflow, path_cluster, path_data
from ops.upgrade.sources import stacks_of
from ops.upgrade.step import Differences, Step
from ops.upgrade.subject import Upgrade

STEPS: tuple[Callable[[Differences], Iterator[Step]], ...] = (
    path_cluster.control_plane,
    path_data.database,
    path_data.queue,
    path_cluster.networking_addons,
    path_cluster.node_group,
    path_cluster.addons,
    path_airflow.controllers,
    path_cluster.karpenter_nodes,
    path_airflow.snapshot,
    path_airflow.migration,
    path_airflow.servers,
    path_airflow.workers,
)
"""Database and queue are changed beside the cluster, all that follows one after the other."""


def path(upgrade: Upgrade) -> Findings:
    """Each step: what happens, what stops, how long at most, and the way back."""
    comparison, unknown = _comparison(upgrade)
    differences = Differences(upgrade=upgrade, comparison=comparison)
    steps = [step for describe in STEPS for step in describe(differences)]
    for number, step in enumerate(steps, 1):
        yield _told(step, f"{number}. {step.name}")
    if not steps:
        yield ok("steps", "none: no version changes, and nothing that comes with one")
    if unknown is not None:
        yield not_checked("steps", f"by the versions alone: {unknown}", unknown.advice)


def _told(step: Step, name: str) -> Finding:
    found = f"{step.happens}. Stops: {step.stops}. At most: {step.longest}"
    return Finding(Status.OK if step.goes_back else Status.WARNING, name, found, f"Back: {step.back}")


def _comparison(upgrade: Upgrade) -> tuple[Comparison | None, NotCheckedError | None]:
    """The templates of both sides, or why there are none."""
    if upgrade.stacks_before is None:
        return None, NotCheckedError(
            f"{upgrade.before.source} has no templates to compare with",
            "Compare with what is deployed (without --from…), or give a folder of `cdk synth`: --from-assembly.",
        )
    try:
        after = stacks_of(upgrade.assembly)
    except NotCheckedError as error:
        return None, error
    return Comparison(before=upgrade.stacks_before, after=after, region=upgrade.region), None
