"""PostgreSQL and Redis follow the in-memory AWS: they come with names and logins, are away, come back, and go."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.local.programs import find_programs
from tests.cluster.stand_ins.authority import Authority
from tests.cluster.stand_ins.datastores import DataStores, find_database, find_queue
from tests.cluster.stand_ins.postgres import Postgres
from tests.cluster.stand_ins.redis import Redis

LOCAL = "127.0.0.1"
WRITER = "airflow.cluster-1.us-west-2.rds.amazonaws.com"


class FakeAws:
    """The in-memory AWS, with a database and a queue, or without."""

    there = True

    def client(self, _service: str) -> Any:
        class Exceptions:
            ResourceNotFoundException = KeyError

        class Client:
            exceptions = Exceptions

        return Client

    def call(self, _service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        cluster = {"Endpoint": WRITER, "DatabaseName": "airflow", "MasterUserSecret": {"SecretArn": "login"}}
        group = {"NodeGroups": [{"PrimaryEndpoint": {"Address": "queue.use1.cache.amazonaws.com"}}]}
        found: dict[str, Any] = {
            "describe_db_clusters": {"DBClusters": [cluster] if self.there else []},
            "describe_replication_groups": {"ReplicationGroups": [group] if self.there else []},
            "list_secrets": {"SecretList": [{"Name": "airflowAuthToken-1", "ARN": "token"}]},
        }
        if operation == "get_secret_value":
            login = {"username": "airflow_admin", "password": "a'b c"}
            return {"SecretString": json.dumps(login) if arguments["SecretId"] == "login" else "token-1"}
        return found[operation]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((LOCAL, 0))
        return one.getsockname()[1]


def test_they_are_found_by_what_the_stack_made() -> None:
    aws: Any = FakeAws()
    database, queue = find_database(aws), find_queue(aws)
    assert database is not None
    assert (database.names, database.username, database.password) == ((WRITER,), "airflow_admin", "a'b c")
    assert queue is not None
    assert queue.token == "token-1"
    aws.there = False
    assert find_database(aws) is None
    assert find_queue(aws) is None


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def stores(aws: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DataStores, int, int]]:
    programs = find_programs()
    if programs.postgres is None or programs.redis is None:
        pytest.skip("PostgreSQL or Redis is not installed")
    folder = Path(tempfile.mkdtemp(prefix="airflow-eks-stores-"))  # PostgreSQL's user has to reach it
    folder.chmod(0o711)
    monkeypatch.setattr("tests.cluster.stand_ins.datastores._POLL_SECONDS", 0.1)
    database, queue = _free_port(), _free_port()
    place: dict[str, Any] = {"address": LOCAL, "authority": authority}
    made = DataStores(
        aws=aws,
        postgres=Postgres(port=database, folder=folder / "database", **place),
        redis=Redis(port=queue, folder=folder / "queue", **place),
    )
    made.start()
    yield made, database, queue
    made.stop()
    shutil.rmtree(folder)


def _sql(port: int, statement: str, mode: str = "verify-full", *, authority: Authority) -> str:
    programs = find_programs().postgres
    assert programs is not None
    where = f"host={WRITER} hostaddr={LOCAL} port={port} dbname=airflow user=airflow_admin sslmode={mode}"
    environment = {"PATH": os.defpath, "PGPASSWORD": "a'b c", "PGSSLROOTCERT": str(authority.file)}
    done = subprocess.run(
        [str(programs / "psql"), where, "-Atc", statement], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip()


def _redis(port: int, authority: Authority, *lines: str) -> str:
    context = ssl.create_default_context(cadata=authority.pem.decode())
    raw = socket.create_connection((LOCAL, port), timeout=5)
    with context.wrap_socket(raw, server_hostname="queue.use1.cache.amazonaws.com") as one:
        one.settimeout(2)
        one.sendall("".join(f"{line}\r\n" for line in (*lines, "QUIT")).encode())
        said = b""
        while part := one.recv(4096):
            said += part
        return said.decode()


def _until(check: Any, wanted: str) -> None:
    deadline, said = time.monotonic() + 40, ""
    while time.monotonic() < deadline:
        try:
            said = check()
        except OSError as error:
            said = str(error)
        if wanted in said:
            return
        time.sleep(0.2)
    raise AssertionError(f"{wanted!r} is not in {said!r}")


def test_they_come_are_away_come_back_with_their_data_and_go(
    stores: tuple[DataStores, int, int], aws: FakeAws, authority: Authority
) -> None:
    made, database, queue = stores
    _until(lambda: _sql(database, "create table t as select 42 as x", authority=authority), "SELECT 1")
    _until(lambda: _redis(queue, authority, "AUTH token-1", "SET k v"), "+OK\r\n+OK")
    assert "no pg_hba.conf entry" in _sql(database, "select 1", "disable", authority=authority)
    assert "NOAUTH" in _redis(queue, authority, "GET k")
    with made.away("database"), made.away("queue"):
        assert "refused" in _sql(database, "select 1", authority=authority)
        with pytest.raises(ConnectionRefusedError):
            _redis(queue, authority, "PING")
    assert _sql(database, "select x from t", authority=authority) == "42"
    assert "$1\r\nv" in _redis(queue, authority, "AUTH token-1", "GET k")
    aws.there = False
    _until(lambda: _sql(database, "select 1", authority=authority), "refused")
    assert made.failures == []
