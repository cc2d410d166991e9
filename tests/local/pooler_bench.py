"""The chart's own pooler configuration and program, before a real PostgreSQL with TLS, without an Airflow."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

from charts.airflow import pgbouncer
from ops.local.account import unprivileged
from ops.local.endpoints import HOST, Ports, local_pgbouncer
from ops.local.folder import Folder
from ops.local.process import Process, stop
from ops.local.programs import Programs
from ops.local.secrets import fill_in
from ops.local.servers import answers, start_postgres, wait_for
from tests.charts.builders import build_charts, settings_for
from tests.local.conftest import AIRFLOW_PYTHON, ROOT, sql
from tests.support.mounted import Mounted

SCRIPT = Path(pgbouncer.__file__).with_name("pgbouncer_watch.sh")
CERTIFICATES = ROOT / "ops" / "local" / "inside" / "certificate.py"
OWNER, CLIENT, DATABASE = "airflow", "airflow-client", "airflow"
CLIENT_PASSWORD = "clients-own"
# Characters that Amazon RDS uses, and that mean something in a file of users, a shell or a URL.
PASSWORDS = ("old'$(x)\\ %:#?", "new<>[]{}~`;&|=+*")


def certificates() -> ModuleType:
    """The program that makes them, which is not of a package."""
    spec = importlib.util.spec_from_file_location("certificate", CERTIFICATES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(kw_only=True)
class Bench:
    """A database, a pooler, and the folder that the pooler's files are in."""

    folder: Folder
    programs: Programs
    ports: Ports
    processes: list[Process] = field(default_factory=list)

    def start_database(self) -> None:
        """With the first password."""
        assert self.programs.postgres is not None
        self.folder.make_certificate(AIRFLOW_PYTHON)
        login = (OWNER, PASSWORDS[0])
        self.processes.append(
            start_postgres(self.programs.postgres, self.folder, ports=self.ports, login=login, database=DATABASE)
        )

    def files(self, password: str, *, authority: str | None = None, also: str = "") -> dict[str, str]:
        """What is mounted: the chart's templates, filled in; this machine's address; lines to add."""
        (secret,) = [
            item["spec"]["target"]["template"]["data"]
            for item in build_charts(settings_for("aws", size="dev"))["airflow"]
            if item["metadata"]["name"] == pgbouncer.CONFIG_SECRET and item["kind"] == "ExternalSecret"
        ]
        login = {
            "username": CLIENT,
            "password": CLIENT_PASSWORD,
            "database_username": OWNER,
            "database_password": password,
        }
        filled = {name: fill_in(text, login, where=name) for name, text in secret.items()}
        mount = self.folder.path / "mount"
        filled["pgbouncer.ini"] = also_in(
            local_pgbouncer(filled["pgbouncer.ini"], ports=self.ports, folder=mount, authority=mount / "ca.pem"), also
        )
        return {**filled, "ca.pem": authority or self.folder.authority(unprivileged()).read_text()}

    @contextmanager
    def pooler(self, files: dict[str, str]) -> Iterator[tuple[Process, Mounted]]:
        """As the container starts it; ended afterwards."""
        assert self.programs.pgbouncer is not None
        mount = self.folder.path / "mount"
        if mount.exists():
            shutil.rmtree(mount)
        mounted = Mounted(mount, files)
        account = unprivileged()
        pooler = Process(
            "PgBouncer",
            ["sh", SCRIPT, mount],
            environment={"PATH": f"{self.programs.pgbouncer.parent}{os.pathsep}{os.defpath}"},
            folder=self.folder.path,
            log=self.folder.log("pgbouncer"),
            account=account,
        )
        self.processes.append(pooler)
        try:
            wait_for(pooler, lambda: answers(self.ports.pooler))
            yield pooler, mounted
        finally:
            self.processes.remove(pooler)
            stop([pooler])

    def stop(self) -> None:
        """End all, the last one first."""
        while self.processes:
            stop([self.processes.pop()])

    @property
    def url(self) -> str:
        """As Airflow has it."""
        return f"postgresql://{CLIENT}:{CLIENT_PASSWORD}@{HOST}:{self.ports.pooler}/{pgbouncer.METADATA_DATABASE}"

    def direct(self, password: str) -> str:
        """Past the pooler, as the database's owner."""
        return f"postgresql://{OWNER}:{quote(password, safe='')}@{HOST}:{self.ports.database}/{DATABASE}"

    @property
    def pools(self) -> int:
        """How many connections its pools have room for."""
        sizes = settings_for("aws", size="dev").airflow.pgbouncer
        return sizes.metadata_pool_size + sizes.result_backend_pool_size

    def servers(self) -> int:
        """How many connections the pooler has to the database, and can use."""
        console = self.url.rpartition("/")[0] + f"/{pgbouncer.STATS_DATABASE}"
        return len([line for line in sql(console, "SHOW SERVERS") if line.split("|")[4] in ("active", "idle", "used")])

    @property
    def log(self) -> str:
        """What the pooler said."""
        return self.folder.log("pgbouncer").read_text()

    def until(self, condition: Callable[[], bool], patience: float = 30) -> None:
        """Wait for something. Raises OpsError if it does not come."""
        wait_for(self.processes[-1], condition, patience)


def also_in(ini: str, lines: str) -> str:
    """pgbouncer.ini with more lines in its last section."""
    return f"{ini.rstrip()}\n{lines}\n"
