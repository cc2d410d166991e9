"""Protects a deployment that was made, and lets one go that could not be made.

A custom resource names one of the actions below in its property ``Action``. What is done in a roll-back is done in that
of the first deployment alone: then the root stack is ROLLBACK_IN_PROGRESS, a state that no deployment comes to twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

from airflow_eks.handlers.answer import Event, answering
from airflow_eks.handlers.patience import patiently

Client = Callable[[str], Any]
"""Gives the client of a service."""

FIRST_DEPLOYMENT_FAILED = "ROLLBACK_IN_PROGRESS"
_GOES = {FIRST_DEPLOYMENT_FAILED, "DELETE_IN_PROGRESS"}
# A group that the control plane made by itself has its last words in it, which it delivers for some minutes.
_LAST_WORDS_MS = 3_600_000


def handle(event: Event, client: Client, stack: str) -> str:
    """Do what a custom resource asks for. Gives what was done."""
    action = ACTIONS[event["ResourceProperties"]["Action"]]
    return patiently(lambda: action(event, client, stack))


def lift_termination_protection(event: Event, client: Client, stack: str) -> str:
    """Let `cdk deploy` delete what is left of a first deployment that failed: the root stack, with nothing in it."""
    cloudformation = client("cloudformation")
    if event["RequestType"] != "Delete" or _state(cloudformation, stack) != FIRST_DEPLOYMENT_FAILED:
        return "nothing to do"
    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
    return "the stack's termination protection is off"


def protect_database(event: Event, client: Client, stack: str) -> str:
    """Switch the deletion protection of the database: on when everything is there, off when everything goes."""
    properties = event["ResourceProperties"]
    wanted = properties["Protected"] == "true"
    if event["RequestType"] == "Delete":
        if _state(client("cloudformation"), stack) not in _GOES:
            return "nothing to do"
        wanted = False
    cluster = properties["Cluster"]
    try:
        client("rds").modify_db_cluster(DBClusterIdentifier=cluster, DeletionProtection=wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] == "DBClusterNotFoundFault" and event["RequestType"] == "Delete":
            return f"there is no database {cluster}"
        raise
    return f"the deletion protection of {cluster} is {'on' if wanted else 'off'}"


def empty_bucket(event: Event, client: Client, stack: str) -> str:
    """Empty a bucket that a first deployment which failed had begun to write to: no other is ever emptied here."""
    if event["RequestType"] != "Delete" or _state(client("cloudformation"), stack) != FIRST_DEPLOYMENT_FAILED:
        return "nothing to do"
    s3, bucket = client("s3"), event["ResourceProperties"]["Bucket"]
    deleted = 0
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            keys = [{"Key": each["Key"]} for each in page.get("Contents", ())]
            if not keys:
                continue
            errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}).get("Errors")
            if errors:
                raise RuntimeError(f"{bucket}: {errors[0]['Key']} cannot be deleted: {errors[0]['Message']}")
            deleted += len(keys)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    return f"{deleted} objects of {bucket} deleted"


def make_way(event: Event, client: Client, _stack: str) -> str:
    """Delete a log group that AWS made by itself after an earlier cluster of this name was gone.

    The last words of a control plane arrive when its log group is deleted already, and make another, without retention.
    One that holds more than last words is somebody's, and stays.
    """
    if event["RequestType"] != "Create":
        return "nothing to do"
    logs, name = client("logs"), event["ResourceProperties"]["LogGroup"]
    for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] != name:
            continue
        if "retentionInDays" in group or "kmsKeyId" in group or not _only_last_words(logs, name):
            return f"{name} is somebody's"
        logs.delete_log_group(logGroupName=name)
        return f"{name} deleted"
    return f"there is no {name}"


def _only_last_words(logs: Any, name: str) -> bool:
    """Whether all that a group holds was said within an hour."""
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=name)
    times = [
        stream[key]
        for page in pages
        for stream in page["logStreams"]
        for key in ("firstEventTimestamp", "lastEventTimestamp")
        if key in stream
    ]
    return not times or bool(max(times) - min(times) <= _LAST_WORDS_MS)


def _state(cloudformation: Any, stack: str) -> str:
    state: str = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    return state


ACTIONS: Mapping[str, Callable[[Event, Client, str], str]] = {
    "TerminationProtection": lift_termination_protection,
    "DatabaseProtection": protect_database,
    "EmptyBucket": empty_bucket,
    "MakeWay": make_way,
}


@answering
def handler(event: Event) -> str:
    """The function's entry."""
    return handle(event, botocore.session.Session().create_client, os.environ["ROOT_STACK"])
