"""Database and queue: what a change of their engine's version means."""

from __future__ import annotations

from ops.aws import found
from ops.checks import Finding, Findings, failure, ok, warning
from ops.upgrade.subject import Upgrade
from ops.upgrade.versions import AURORA, QUEUE, Change, change, step


def database(upgrade: Upgrade) -> Findings:
    """Aurora PostgreSQL: in place, with an interruption, and no way back."""
    before, after = upgrade.before.engines[AURORA], upgrade.after.engines[AURORA]
    kind = change(before, after)
    if kind in (Change.NONE, Change.DOWN):
        yield _still_or_back(AURORA, before, after, kind)
        return
    refused = _not_a_target(upgrade, before, after)
    if refused:
        yield refused
        return
    if kind is Change.MAJOR:
        yield warning(
            AURORA,
            f"{step(before, after)}: {kind}. Aurora upgrades in place: the database is away for as long as that takes, "
            "and no roll-back takes it back",
            "Take a snapshot first, and deploy this alone while no task runs; or upgrade by a blue/green deployment. "
            "docs/upgrade.md has both.",
        )
        return
    yield warning(
        AURORA,
        f"{step(before, after)}: {kind}. Aurora restarts; Airflow waits and tries again, for a minute or two",
        "Take a snapshot first, and deploy while few tasks run.",
    )


def queue(upgrade: Upgrade) -> Findings:
    """ElastiCache: node by node, with a failover."""
    before, after = upgrade.before.engines[QUEUE], upgrade.after.engines[QUEUE]
    kind = change(before, after)
    if kind in (Change.NONE, Change.DOWN):
        yield _still_or_back(QUEUE, before, after, kind)
        return
    yield warning(
        QUEUE,
        f"{step(before, after)}: {kind}. ElastiCache replaces node after node, and keeps endpoint and token; with a "
        "replica, the queue is away for seconds",
        "Deploy while few tasks run; ElastiCache does not go back to an older version, nor from Valkey to Redis.",
    )


def _still_or_back(engine: str, before: str, after: str, kind: Change) -> Finding:
    if kind is Change.NONE:
        return ok(engine, f"{step(before, after)}, unchanged")
    return failure(
        engine,
        f"{step(before, after)}: {kind}, which the service refuses",
        f"Pin {before} in settings/releases.yaml, or restore a snapshot from before the upgrade into a new deployment.",
    )


def _not_a_target(upgrade: Upgrade, before: str, after: str) -> Finding | None:
    """What RDS says of the step, where there is an account to ask."""
    if upgrade.live is None:
        return None
    rds = upgrade.live.aws.client("rds")
    answer = found(
        rds.describe_db_engine_versions,
        "InvalidParameterCombination",
        "InvalidParameterValue",
        Engine="aurora-postgresql",
        EngineVersion=before,
        IncludeAll=True,
    )
    versions = answer["DBEngineVersions"] if answer else []
    targets = [each["EngineVersion"] for version in versions for each in version.get("ValidUpgradeTarget", ())]
    if not versions or after in targets:
        return None
    choice = ", ".join(targets) or "none"
    return failure(AURORA, f"{step(before, after)}: RDS does not offer this step", f"From {before} it offers: {choice}")
