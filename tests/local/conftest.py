"""A platform on this machine, started as a person starts it, once for all tests that need one.

LOCAL_SQLITE=1 tests what a machine without PostgreSQL and Redis gets, on one that has them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.airflow_api import AirflowApi
from ops.assembly import read_assembly
from ops.local.backends import database_login, with_login
from ops.local.endpoints import HOST, Ports, database_name, local_url
from ops.local.folder import Folder
from ops.local.programs import find_programs
from ops.local.rendered import Rendered
from ops.local.secrets import LocalSecrets

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
START_SECONDS = 300
WAITING = "waiting_dag"
LEAVING = "leaving_dag"
LEAVING_QUEUE = "leaving"
"""A queue that no worker of the platform takes tasks from."""
# A task that runs until a file is there.
WAITING_DAG = """
import pathlib, time
from airflow.sdk import dag, task

@dag(schedule=None)
def {name}():
    @task(queue={queue!r})
    def wait():
        print("waiting")
        while not pathlib.Path({file!r}).exists():
            time.sleep(0.2)
    wait()

{name}()
"""
STOP_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class Running:
    """The platform that runs."""

    rendered: Rendered
    folder: Folder
    ports: Ports
    api: AirflowApi
    full: bool
    """With PostgreSQL, PgBouncer and Redis; else with SQLite."""

    def secret(self, name: str, key: str) -> str:
        """What External Secrets would write."""
        return LocalSecrets(self.rendered, self.folder.secrets).secret(name)[key]

    @property
    def pooler(self) -> str:
        """The metadata database as Airflow connects to it."""
        return local_url(self.secret("airflow-metadata-connection", "connection"), self.ports.pooler)

    @property
    def console(self) -> str:
        """PgBouncer's own, as its exporter connects to it."""
        return local_url(self.secret("airflow-pgbouncer-stats", "connection"), self.ports.pooler)

    @property
    def database(self) -> str:
        """The metadata database as the pooler connects to it."""
        pooler = self.secret("airflow-metadata-connection", "connection")
        name = database_name(self.secret("airflow-pgbouncer-config", "pgbouncer.ini"))
        login = database_login(self.secret("airflow-pgbouncer-config", "users.txt"))
        return with_login(login, local_url(pooler, self.ports.database, path=f"/{name}"))


def sql(connection: str, statements: str) -> list[str]:
    """Lines that psql answers."""
    programs = find_programs()
    assert programs.postgres is not None
    done = subprocess.run(
        [programs.postgres / "psql", connection, "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-qAt", "-c", statements],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def inside(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script with Airflow's Python."""
    command = [str(AIRFLOW_PYTHON), "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform with its defaults, synthesized."""
    folder = tmp_path_factory.mktemp("assembly")
    environment = {**os.environ, "CDK_OUTDIR": str(folder)}
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, check=True, timeout=120)
    return folder


@pytest.fixture(scope="session")
def rendered(assembly: Path) -> Rendered:
    """What it says of Airflow."""
    return Rendered(read_assembly(assembly))


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user can reach, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="airflow-local-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory, short_folder: Path) -> Path:
    """The repository's DAGs, and two that wait, each for a file of its own."""
    folder = tmp_path_factory.mktemp("given") / "dags"
    shutil.copytree(ROOT / "dags", folder)
    for name, queue in ((WAITING, "default"), (LEAVING, LEAVING_QUEUE)):
        text = WAITING_DAG.format(name=name, queue=queue, file=str(short_folder / f"go-{name}"))
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(scope="session")
def running(assembly: Path, rendered: Rendered, short_folder: Path, dags: Path) -> Iterator[Running]:
    """The platform as `python -m ops airflow` starts it; ended as Ctrl-C ends it, without a process left."""
    ports = free_ports()
    command = [sys.executable, "-m", "ops", "airflow", "--assembly", str(assembly), "--folder", str(short_folder)]
    command += ["--dags", str(dags)]
    for name in ("web", "database", "pooler", "broker"):
        command += [f"--{name}-port", str(getattr(ports, name))]
    command += ["--sqlite"] if os.environ.get("LOCAL_SQLITE") else []
    output = short_folder / "output"
    with output.open("w") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until_ready(process, output)
        api = AirflowApi(f"http://{HOST}:{ports.web}")
        api.sign_in("admin", (short_folder / "admin-password").read_text().strip())
        full = "with PostgreSQL, PgBouncer, and Redis" in output.read_text()
        yield Running(rendered=rendered, folder=Folder(short_folder), ports=ports, api=api, full=full)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(STOP_SECONDS)
    assert code == 0, output.read_text()
    assert users_of(short_folder) == []


@pytest.fixture(scope="session")
def full(running: Running) -> Running:
    """The same, with the servers that the cluster has."""
    if not running.full:
        pytest.skip("; ".join(find_programs().missing) or "LOCAL_SQLITE is set")
    return running


def free_ports() -> Ports:
    with ExitStack() as stack:
        numbers = []
        for _ in range(4):
            listener = stack.enter_context(socket.socket())
            listener.bind((HOST, 0))
            numbers.append(listener.getsockname()[1])
    return Ports(web=numbers[0], database=numbers[1], pooler=numbers[2], broker=numbers[3])


def wait_until_ready(process: subprocess.Popen[str], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Airflow is ready" not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.2)


def users_of(folder: Path) -> list[str]:
    """Processes that have this folder in their environment or command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text:
            found.append(text.decode(errors="replace")[-200:])
    return found
