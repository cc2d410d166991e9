"""Takes a snapshot of the database before another Airflow migrates it.

One is taken where the image of an existing deployment's Airflow changes, and at no other time: not in a first
deployment, whose database is empty, nor on the way back from one that failed, when the database may be half-way between
two versions. What is there already is not taken twice: a snapshot is named after the request of CloudFormation's.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

from airflow_eks.handlers.answer import Event, answering
from airflow_eks.handlers.patience import patiently

log = logging.getLogger(__name__)

Client = Callable[[str], Any]
"""Gives the client of a service."""

_POLL_SECONDS = 10
# A function runs for fifteen minutes at the most, and CloudFormation waits for an hour. So one invocation asks another
# to go on, and the last of them says that it was too long.
_ONE_INVOCATION_SECONDS = 12 * 60
_ALL_OF_THEM_SECONDS = 55 * 60
# RDS takes letters, digits and hyphens, no two of them together, and 63 of all.
_NO_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 63
_REQUEST_DIGITS = 8
_GOES = {"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"}
_ROLLS_BACK = "ROLLBACK"
_FIRST_DEPLOYMENT = "CREATE_IN_PROGRESS"


def handle(event: Event, client: Client, root: str) -> str | None:
    """Take a snapshot, or, where all goes, take them away. Gives what was done; None where it is not done yet."""
    started, begun = time.monotonic(), float(event.get("Begun") or time.time())

    def is_over() -> bool:
        return time.time() - begun > _ALL_OF_THEM_SECONDS

    def is_late() -> bool:
        return is_over() or time.monotonic() - started > _ONE_INVOCATION_SECONDS

    snapshots = Snapshots(client("rds"), event["ResourceProperties"]["Cluster"], is_late)
    try:
        if event["RequestType"] == "Delete":
            return _delete(event, client, root, snapshots)
        return _take(event, client, root, snapshots)
    except TimeoutError as late:
        if is_over():
            raise
        log.info("another invocation goes on: %s", late)
        client("lambda").invoke(
            FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            InvocationType="Event",
            Payload=json.dumps({**event, "Begun": begun}).encode(),
        )
        return None


class Snapshots:
    """The snapshots that this function has taken of one database, known by their names."""

    def __init__(self, rds: Any, cluster: str, is_late: Callable[[], bool]) -> None:
        self._rds, self._cluster, self._is_late = rds, cluster, is_late
        self._prefix = f"{cluster}-before-"

    def take(self, version: str, request: str, tags: list[dict[str, str]]) -> str:
        """Take one, unless it was taken. Gives its name."""
        suffix = f"-{_NO_NAME.sub('', request.lower())[:_REQUEST_DIGITS]}"
        name = f"{self._prefix}{_NO_NAME.sub('-', version.lower())}"[: _LONGEST_NAME - len(suffix)].rstrip("-") + suffix
        try:
            patiently(
                lambda: self._rds.create_db_cluster_snapshot(
                    DBClusterIdentifier=self._cluster, DBClusterSnapshotIdentifier=name, Tags=tags
                )
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "SnapshotQuotaExceeded":
                raise RuntimeError(
                    "the account has as many manual snapshots of clusters as it may have in this region: delete some, "
                    "or have the quota raised; database.snapshots_before_migration=0 takes none"
                ) from error
            if code != "DBClusterSnapshotAlreadyExistsFault":
                raise
        return name

    def wait(self, name: str) -> None:
        """Wait until one can be restored. Raises TimeoutError where that takes long, RuntimeError where it failed."""
        while (status := self._found().get(name, {}).get("Status")) != "available":
            if status == "failed":
                raise RuntimeError(f"the snapshot {name} failed. Nothing was migrated: deploy again")
            if self._is_late():
                raise TimeoutError(f"the snapshot {name} takes long; nothing was migrated: deploy when it is done")
            time.sleep(_POLL_SECONDS)

    def delete_all_but(self, kept: int) -> list[str]:
        """Delete all but so many, which are the youngest. Gives their names."""
        found = self._found()
        # One that is being taken has no time yet.
        youngest_first = sorted(found, key=lambda name: str(found[name].get("SnapshotCreateTime", "now")), reverse=True)
        gone = youngest_first[kept:]
        for name in gone:
            if found[name]["Status"] == "creating":
                # RDS deletes none of these; that of a deployment which was given up, say.
                self.wait(name)
            try:
                self._rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
            except ClientError as error:
                if error.response["Error"]["Code"] != "DBClusterSnapshotNotFoundFault":
                    raise
        return gone

    def _found(self) -> dict[str, dict[str, Any]]:
        def ask() -> list[dict[str, Any]]:
            pages = self._rds.get_paginator("describe_db_cluster_snapshots").paginate(
                DBClusterIdentifier=self._cluster, SnapshotType="manual"
            )
            return [each for page in pages for each in page["DBClusterSnapshots"]]

        found = {each["DBClusterSnapshotIdentifier"]: each for each in patiently(ask)}
        return {name: each for name, each in found.items() if name.startswith(self._prefix)}


def _take(event: Event, client: Client, root: str, snapshots: Snapshots) -> str:
    properties, before = event["ResourceProperties"], event.get("OldResourceProperties", {})
    kept = int(properties["Kept"])
    if not kept:
        return "none is wanted"
    if event["RequestType"] == "Update" and before.get("Image") == properties["Image"]:
        return "Airflow is unchanged"
    states = [_state(client, stack) for stack in (event["StackId"], root)]
    if any(_ROLLS_BACK in state for state in states):
        return "none is taken on the way back"
    if event["RequestType"] == "Create" and states[0] == _FIRST_DEPLOYMENT:
        return "none is taken of an empty database"
    name = snapshots.take(properties["Version"], event["RequestId"], properties.get("Tags", []))
    snapshots.wait(name)
    gone = snapshots.delete_all_but(kept)
    return f"{name} is there" + (f"; deleted: {', '.join(gone)}" if gone else "")


def _delete(event: Event, client: Client, root: str, snapshots: Snapshots) -> str:
    if event["ResourceProperties"]["Removed"] != "true":
        return "they are kept"
    if _state(client, root) not in _GOES:
        return "they are kept, as the deployment is"
    return f"{len(snapshots.delete_all_but(0))} deleted"


def _state(client: Client, stack: str) -> str:
    state: str = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    return state


@answering
def handler(event: Event) -> str | None:
    """The function's entry."""
    return handle(event, botocore.session.Session().create_client, os.environ["ROOT_STACK"])
