"""Clients of the pooler, as Airflow's: run with Airflow's Python until a file appears, then says what happened.

    python rotation_load.py URL STOP_FILE

Some connect anew for each transaction, some keep their connection; with psycopg2 as with asyncpg; and one has a
transaction open all the time. It prints JSON: how many transactions were done, and each error.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from pathlib import Path

import asyncpg
import psycopg2

URL, STOP = sys.argv[1], Path(sys.argv[2])
CLIENTS_OF_EACH_KIND = 2
QUERY = "SELECT pg_sleep(0.005), txid_current()"

done = 0
slowest = 0.0
errors: list[str] = []


def finished(started: float) -> None:
    """Count a transaction."""
    global done, slowest  # noqa: PLW0603 - counters of a script
    done += 1
    slowest = max(slowest, time.monotonic() - started)


def new_connections() -> None:
    """Connects, asks, and leaves, again and again."""
    while not STOP.exists():
        started = time.monotonic()
        try:
            connection = psycopg2.connect(URL)
            with connection, connection.cursor() as cursor:
                cursor.execute(QUERY)
            connection.close()
        except psycopg2.Error as error:
            errors.append(f"psycopg2, new: {error}")
            time.sleep(0.05)
        finished(started)


def kept_connection(*, one_transaction: bool = False) -> None:
    """Stays connected, with a transaction for each query or one for all of them."""
    try:
        connection = psycopg2.connect(URL)
        while not STOP.exists():
            started = time.monotonic()
            with connection.cursor() as cursor:
                cursor.execute(QUERY)
            if not one_transaction:
                connection.commit()
            finished(started)
        connection.commit()
        connection.close()
    except psycopg2.Error as error:
        errors.append(f"psycopg2, kept: {error}")


async def new_connections_of_asyncpg() -> None:
    """As above."""
    while not STOP.exists():
        started = time.monotonic()
        try:
            connection = await asyncpg.connect(URL)
            await connection.fetch(QUERY)
            await connection.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            errors.append(f"asyncpg, new: {error}")
            await asyncio.sleep(0.05)
        finished(started)


async def kept_connection_of_asyncpg() -> None:
    """As above, with a prepared statement."""
    try:
        connection = await asyncpg.connect(URL)
        statement = await connection.prepare(QUERY)
        while not STOP.exists():
            started = time.monotonic()
            await statement.fetch()
            finished(started)
        await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        errors.append(f"asyncpg, kept: {error}")


async def asynchronous() -> None:
    """All clients of asyncpg."""
    kinds = (new_connections_of_asyncpg, kept_connection_of_asyncpg)
    await asyncio.gather(*(kind() for kind in kinds for _ in range(CLIENTS_OF_EACH_KIND)))


def main() -> None:
    """Start all, wait, say what happened."""
    kinds = (new_connections, kept_connection) * CLIENTS_OF_EACH_KIND
    threads = [threading.Thread(target=kind) for kind in kinds]
    threads.append(threading.Thread(target=kept_connection, kwargs={"one_transaction": True}))
    for thread in threads:
        thread.start()
    asyncio.run(asynchronous())
    for thread in threads:
        thread.join()
    print(json.dumps({"done": done, "slowest": slowest, "errors": errors}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
