"""PostgreSQL, PgBouncer and Redis on this machine, with the logins that the platform's Secrets give."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ops.errors import OpsError
from ops.local.account import Account, run_as, unprivileged
from ops.local.endpoints import HOST, Ports, local_pgbouncer
from ops.local.folder import Folder
from ops.local.process import Process

_PATIENCE = 30.0
# More than the pooler's pools of any size class and Airflow's own pools without it add up to.
_DATABASE_CONNECTIONS = 600


def start_postgres(programs: Path, folder: Folder, *, ports: Ports, login: tuple[str, str], database: str) -> Process:
    """A database server with TLS, its owner and its database, as Aurora has them."""
    account = unprivileged()
    data = folder.owned("postgres", account)
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": login[1], "PGSSLMODE": "require"}
    if not (data / "PG_VERSION").exists():
        _initialize(programs, data, folder, login=login, account=account)
    settings = {
        "listen_addresses": HOST,
        "port": ports.database,
        "unix_socket_directories": "",
        "max_connections": _DATABASE_CONNECTIONS,
        "ssl": "on",
        "ssl_cert_file": folder.certificate(account),
        "ssl_key_file": folder.key(account),
        # What is lost by a power cut is a database on a laptop.
        "fsync": "off",
    }
    arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    server = Process(
        "PostgreSQL",
        [programs / "postgres", "-D", data, *arguments],
        environment=environment,
        folder=folder.path,
        log=folder.log("postgres"),
        account=account,
        stop_signal=signal.SIGINT,  # SIGTERM would wait for its clients
    )
    connect = ["--host", HOST, "--port", str(ports.database), "--username", login[0], "--no-password"]
    wait_for(server, lambda: _succeeds([programs / "psql", *connect, "-c", "SELECT 1", "postgres"], environment))
    # It fails where the database is there already, which the first connection to it then shows.
    _succeeds([programs / "createdb", *connect, database], environment)
    return server


def start_pgbouncer(program: Path, folder: Folder, *, ports: Ports, config: Mapping[str, str]) -> Process:
    """The pooler, with the platform's own configuration."""
    account = unprivileged()
    home = folder.owned("pgbouncer", account)
    ini = local_pgbouncer(config["pgbouncer.ini"], ports=ports, folder=home, authority=folder.authority(account))
    files = {"pgbouncer.ini": ini, "users.txt": config["users.txt"]}
    for name, text in files.items():
        folder.write(home / name, text, account)
    pooler = Process(
        "PgBouncer",
        [program, home / "pgbouncer.ini"],
        environment={"PATH": os.defpath},
        folder=folder.path,
        log=folder.log("pgbouncer"),
        account=account,
    )
    wait_for(pooler, lambda: answers(ports.pooler))
    return pooler


def start_redis(program: Path, folder: Folder, *, ports: Ports, broker_url: str) -> Process:
    """The queue, with the platform's AUTH token, in memory only."""
    token = unquote(urlsplit(broker_url).password or "")
    home = folder.owned("redis", None)
    lines = [
        f"bind {HOST}",
        f"port {ports.broker}",
        f'requirepass "{token}"',
        'save ""',
        "appendonly no",
        f"dir {home}",
    ]
    folder.write(home / "redis.conf", "\n".join([*lines, ""]), None)
    server = Process(
        "Redis",
        [program, home / "redis.conf"],
        environment={"PATH": os.defpath},
        folder=folder.path,
        log=folder.log("redis"),
    )
    wait_for(server, lambda: answers(ports.broker))
    return server


def answers(port: int) -> bool:
    """Whether something listens."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(process: Process, ready: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Wait until it is ready. Raises OpsError if it ends instead, or takes too long."""
    deadline = time.monotonic() + patience
    while not ready():
        process.check()
        if time.monotonic() > deadline:
            raise OpsError(f"{process.name} is not ready after {patience:.0f} s; {process.log} says why")
        time.sleep(0.1)


def _initialize(programs: Path, data: Path, folder: Folder, *, login: tuple[str, str], account: Account | None) -> None:
    password = folder.owned("new", account) / "password"
    folder.write(password, login[1], account)
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", login[0], "--pwfile", password]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(  # noqa: S603 - the command is ours
        command,
        env={"PATH": os.defpath},
        cwd=folder.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **run_as(account),
    )
    shutil.rmtree(password.parent)
    if done.returncode != 0:
        raise OpsError(f"PostgreSQL cannot make a database in {data}: {(done.stderr.strip() or '?').splitlines()[-1]}")


def _succeeds(command: Sequence[str | Path], environment: Mapping[str, str]) -> bool:
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603
    return done.returncode == 0
