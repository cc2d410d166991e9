"""Database, pooler and queue: those of the cluster where their programs are installed, SQLite where they are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from ops.local.endpoints import Ports, database_name, local_url
from ops.local.environment import Connections
from ops.local.folder import Folder
from ops.local.process import Process, stop
from ops.local.programs import Programs
from ops.local.secrets import LocalSecrets
from ops.local.servers import start_pgbouncer, start_postgres, start_redis


class Backends:
    """The servers behind Airflow."""

    def __init__(self, programs: Programs, folder: Folder, ports: Ports) -> None:
        self._programs = programs
        self._folder = folder
        self._ports = ports
        self.processes: list[Process] = []

    def start(self, values: Mapping[str, Any], secrets: LocalSecrets, *, python: Path) -> Connections | None:
        """Start what there is, and say how Airflow connects to it; None where that is SQLite."""
        postgres, pgbouncer, redis = self._programs.postgres, self._programs.pgbouncer, self._programs.redis
        if postgres is None or redis is None:
            return None
        names = values["data"]
        metadata = secrets.secret(names["metadataSecretName"])["connection"]
        results = secrets.secret(names["resultBackendSecretName"])["connection"]
        broker = secrets.secret(names["brokerUrlSecretName"])["connection"]
        config = secrets.secret(values["pgbouncer"]["configSecretName"])
        database = database_name(config["pgbouncer.ini"])
        login = database_login(config["users.txt"])
        self._folder.make_certificate(python)
        self.processes.append(
            start_postgres(
                postgres,
                self._folder,
                ports=self._ports,
                login=login,
                database=database,
            )
        )
        self.processes.append(start_redis(redis, self._folder, ports=self._ports, broker_url=broker))
        if pgbouncer:
            self.processes.append(start_pgbouncer(pgbouncer, self._folder, ports=self._ports, config=config))
            return Connections(
                metadata=local_url(metadata, self._ports.pooler),
                result_backend=local_url(results, self._ports.pooler),
                broker=local_url(broker, self._ports.broker, scheme="redis"),
            )
        return Connections(
            metadata=with_login(login, local_url(metadata, self._ports.database, path=f"/{database}")),
            result_backend=with_login(login, local_url(results, self._ports.database, path=f"/{database}")),
            broker=local_url(broker, self._ports.broker, scheme="redis"),
        )

    def stop(self) -> None:
        """End them, the last one first."""
        while self.processes:
            stop([self.processes.pop()])


def database_login(users: str) -> tuple[str, str]:
    """The database's own name and password, which only the pooler has: the last line of its users.txt."""
    name, password = re.findall(r'"([^"]*)"', users.splitlines()[-1])
    return name, password


def with_login(login: tuple[str, str], url: str) -> str:
    """The same connection with another login."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{':'.join(quote(word, safe='') for word in login)}@{address}"))
