"""The pooler's generated configuration, in the real PgBouncer before the real PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.local.conftest import Running, inside, sql

# With pytest-xdist, one process has them all: each would start a platform of its own.
pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

# As the kernel writes them.
LISTENS, LOOPBACK = "0A", "0100007F"

# Two clients of a pooler whose server connections they have to share: the first one's prepared statement has to follow
# it to another server connection while the second one holds the one that it was prepared on.
SWAP = """
import asyncio, sys
import asyncpg

async def main(url):
    first, second = [await asyncpg.connect(url) for _ in range(2)]
    prepared = await first.prepare("SELECT pg_backend_pid(), $1::int * 2")
    async with first.transaction():
        before, doubled = await prepared.fetchrow(21)
        assert doubled == 42
    held = []
    pids = {before}
    for _ in range(50):
        transaction = second.transaction()
        await transaction.start()
        taken = await second.fetchval("SELECT pg_backend_pid()")
        pid, doubled = await prepared.fetchrow(21)
        assert doubled == 42
        assert pid != taken
        pids.add(pid)
        await transaction.rollback()
        if len(pids) > 1:
            break
    print(len(pids) > 1)
    await first.close()
    await second.close()

asyncio.run(main(sys.argv[1]))
"""
# As Airflow's API server does it: SQLAlchemy, asyncpg, and the very URL of the Secret.
ALCHEMY = """
import asyncio, sys
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

async def main(url):
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=8)
    async def ask(number):
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT CAST(:n AS int)"), {"n": number})).scalar_one()
    answers = await asyncio.gather(*(ask(number) for number in range(200)))
    assert answers == list(range(200))
    await engine.dispose()
    print("done")

asyncio.run(main(sys.argv[1]))
"""


def config(running: Running) -> dict[str, str]:
    return {line.split("|")[0]: line.split("|")[1] for line in sql(running.console, "SHOW CONFIG")}


def test_the_configuration_is_accepted_without_a_warning(full: Running) -> None:
    log = full.folder.log("pgbouncer").read_text()
    assert "process up: PgBouncer" in log
    complaints = re.findall(r"^.* (?:WARNING|ERROR|FATAL) .*$", log, re.MULTILINE)
    # A client with a wrong password, which another test is.
    assert [line for line in complaints if "authentication failed" not in line] == []


def test_every_line_of_the_configuration_is_in_force(full: Running) -> None:
    ini = full.secret("airflow-pgbouncer-config", "pgbouncer.ini").partition("[pgbouncer]\n")[2]
    given = dict(line.split(" = ", 1) for line in ini.splitlines() if " = " in line)
    addressed = {"listen_addr", "listen_port", "auth_file", "server_tls_ca_file"}
    in_force = config(full)
    assert {key: in_force[key] for key in given if key not in addressed} == {
        key: value for key, value in given.items() if key not in addressed
    }


def test_it_pools_transactions_and_asks_for_scram(full: Running) -> None:
    in_force = config(full)
    assert (in_force["pool_mode"], in_force["auth_type"]) == ("transaction", "scram-sha-256")
    assert int(in_force["max_prepared_statements"]) > 0


def test_a_wrong_password_is_refused(full: Running) -> None:
    wrong = re.sub(r":[^:@/]+@", ":wrong@", full.pooler)
    with pytest.raises(AssertionError, match="authentication failed"):
        sql(wrong, "SELECT 1")


def test_the_way_to_the_database_is_encrypted(full: Running) -> None:
    assert sql(full.pooler, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == ["t"]


def test_a_prepared_statement_follows_its_client_to_another_connection(full: Running) -> None:
    done = inside(SWAP, full.pooler)
    assert done.stdout.strip() == "True", done.stderr


def test_many_clients_of_sqlalchemy_and_asyncpg(full: Running) -> None:
    done = inside(ALCHEMY, full.pooler)
    assert done.stdout.strip() == "done", done.stderr


def test_the_stats_connection_reads_what_the_exporter_shows(full: Running) -> None:
    databases = {line.split("|")[0] for line in sql(full.console, "SHOW DATABASES")}
    assert {"airflow-metadata", "airflow-result-backend"} <= databases
    assert sql(full.console, "SHOW STATS")


def test_nothing_listens_beyond_this_machine(full: Running) -> None:
    table = Path("/proc/net")
    if not table.exists():
        pytest.skip("there is no /proc/net that says who listens where")
    sockets = [line.split() for name in ("tcp", "tcp6") for line in (table / name).read_text().splitlines()[1:]]
    listening = [local.split(":") for _, local, _, state, *_ in sockets if state == LISTENS]
    for port in (full.ports.web, full.ports.database, full.ports.pooler, full.ports.broker):
        addresses = [address for address, number in listening if int(number, 16) == port]
        assert addresses == [LOOPBACK], port
