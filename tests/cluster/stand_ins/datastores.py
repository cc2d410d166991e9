"""Amazon Aurora and ElastiCache: PostgreSQL and Redis with TLS, under the names and with the logins of the stack.

They come when the in-memory AWS has them and go with them. It does not play: a second instance to fail over to, reader
endpoints of their own, IAM logins, parameter groups, backups, a user who is no superuser, rotation of a password.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ops.sandbox.aws import Aws
from tests.cluster.stand_ins.postgres import Database, Postgres
from tests.cluster.stand_ins.redis import Queue, Redis

_POLL_SECONDS = 3


def find_database(aws: Aws) -> Database | None:
    """The first Aurora cluster, once all of it is there."""
    with suppress(LookupError, aws.client("secretsmanager").exceptions.ResourceNotFoundException):
        cluster = aws.call("rds", "describe_db_clusters")["DBClusters"][0]
        arn = cluster["MasterUserSecret"]["SecretArn"]
        login = json.loads(aws.call("secretsmanager", "get_secret_value", SecretId=arn)["SecretString"])
        return Database(
            names=tuple(dict.fromkeys((cluster["Endpoint"], cluster.get("ReaderEndpoint") or cluster["Endpoint"]))),
            database=cluster["DatabaseName"],
            username=login["username"],
            password=login["password"],
        )
    return None


def find_queue(aws: Aws) -> Queue | None:
    """The first replication group, once all of it is there."""
    with suppress(LookupError, aws.client("secretsmanager").exceptions.ResourceNotFoundException):
        group = aws.call("elasticache", "describe_replication_groups")["ReplicationGroups"][0]
        endpoints = group["NodeGroups"][0]
        names = [endpoints[kind]["Address"] for kind in ("PrimaryEndpoint", "ReaderEndpoint") if kind in endpoints]
        secrets = aws.call("secretsmanager", "list_secrets")["SecretList"]
        arn = next((each["ARN"] for each in secrets if "AuthToken" in each["Name"]), "")
        if names and arn:
            token = aws.call("secretsmanager", "get_secret_value", SecretId=arn)["SecretString"]
            return Queue(names=tuple(names), token=token)
    return None


class DataStores:
    """The servers, and a thread that lets them follow what the in-memory AWS has."""

    def __init__(self, *, aws: Aws, postgres: Postgres, redis: Redis) -> None:
        self._aws, self._postgres, self._redis = aws, postgres, redis
        self._end, self._lock = threading.Event(), threading.RLock()
        self._there: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.failures: list[str] = []
        """What went wrong, so that a deployment that waits for ever is not the only sign of it."""

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End the servers."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(60)
        self._postgres.stop()
        self._redis.stop()

    @contextmanager
    def away(self, what: str) -> Iterator[None]:
        """Without the ``database`` or the ``queue`` for as long as the block runs; then with all that was in it."""
        server = {"database": self._postgres, "queue": self._redis}[what]
        with self._lock:
            server.stop()
            try:
                yield
            finally:
                server.start()

    def _follow(self) -> None:
        kinds: tuple[tuple[str, Callable[[Aws], Any], Any], ...] = (
            ("database", find_database, self._postgres),
            ("queue", find_queue, self._redis),
        )
        while not self._end.wait(_POLL_SECONDS):
            for name, find, server in kinds:
                try:
                    found = find(self._aws)
                    with self._lock:
                        self._match(name, found, server)
                except Exception as error:  # the thread must not end of it
                    self.failures.append(f"{name}: {error!r}")

    def _match(self, name: str, found: Any, server: Any) -> None:
        there = self._there.get(name)
        if found == there or self._end.is_set():
            return
        if found is None:
            server.stop()
            server.forget()
        else:
            server.become(found)
        self._there[name] = found
