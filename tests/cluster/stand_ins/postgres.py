"""Aurora's part that speaks: a PostgreSQL of this machine, which takes nobody without TLS.

It does not play: readers of their own, fail-over, IAM logins, a user who is no superuser, parameter groups.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.local.account import run_as, unprivileged
from ops.local.programs import find_programs
from tests.cluster.stand_ins.servers import Server, bound

_CONNECTIONS = 600


@dataclass(frozen=True, kw_only=True)
class Database:
    """What Aurora's cluster is called, and who may come."""

    names: tuple[str, ...]
    database: str
    username: str
    password: str


class Postgres(Server):
    """The database."""

    def become(self, wanted: Database) -> None:
        """Serve under other names, with another login, and no data."""
        self.stop()
        self.forget()
        account, programs = unprivileged(), find_programs().postgres
        if programs is None:
            raise OpsError("PostgreSQL is not installed")
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o700)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(wanted.password)
        files = self.authority.issue("database", wanted.names)
        own = [Path(shutil.copy(file, self.folder / f"server{file.suffix}")) for file in files]
        own[1].chmod(0o600)
        if account:
            account.give(self.folder, password, *own)
        data = self.folder / "data"
        command = [programs / "initdb", "-D", data, "-U", wanted.username, "--pwfile", password]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._checked(command)
        password.unlink()
        # Who comes without TLS is refused, as by rds.force_ssl.
        (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all all scram-sha-256\n")
        settings = {
            "listen_addresses": self.address, "port": self.port, "unix_socket_directories": self.folder,
            "max_connections": _CONNECTIONS, "ssl": "on", "ssl_cert_file": own[0], "ssl_key_file": own[1],
            "fsync": "off",
        }  # fmt: skip
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()
        connect = ["--host", self.folder, "--port", str(self.port), "--username", wanted.username]
        self._checked([programs / "createdb", *connect, wanted.database])

    def ready(self) -> bool:
        """Whether it takes clients: while it starts it listens, and refuses them."""
        programs = find_programs().postgres
        assert programs is not None
        command = [programs / "pg_isready", "--quiet", "--host", self.address, "--port", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def start(self) -> None:
        """Start it with the data that it has."""
        programs = find_programs().postgres
        assert programs is not None
        command = [*bound("INT"), programs / "postgres", "-D", self.folder / "data"]
        # SIGTERM would wait for its clients; SIGQUIT is what a machine that breaks comes closest to.
        self.run("database", command, account=unprivileged(), stop_signal=signal.SIGQUIT)

    def _checked(self, command: list[str | Path]) -> None:
        done = subprocess.run(
            [str(word) for word in command], cwd="/", env={"PATH": os.defpath, "LC_ALL": "C"}, capture_output=True,
            text=True, check=False, timeout=120, **run_as(unprivileged()),
        )  # fmt: skip
        if done.returncode:
            raise OpsError(f"{command[0]}: {done.stderr.strip()}")
