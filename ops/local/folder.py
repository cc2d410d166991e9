"""The folder that everything is written to: databases, secrets, logs."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import OpsError
from ops.local.account import Account

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / ".cache" / "local"

_INSIDE = Path(__file__).with_name("inside")
_BYTECODE = "bytecode"
_LOCK = "lock"
_KEPT = (_BYTECODE, _LOCK)
_PRIVATE, _OPEN = 0o700, 0o755


class Folder:
    """A local platform's files."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def airflow_home(self) -> Path:
        """Airflow's own."""
        return self._made("airflow")

    @property
    def bytecode(self) -> Path:
        """Python's cache, which all folders share: to compile Airflow anew takes longer than to start it."""
        return DEFAULT / _BYTECODE

    @property
    def task_logs(self) -> Path:
        """Logs of tasks."""
        return self._made("task-logs")

    @property
    def secrets(self) -> Path:
        """Passwords and keys, made at the first start."""
        return self.path / "secrets.json"

    @property
    def password(self) -> Path:
        """The administrator's password."""
        return self.path / "admin-password"

    @property
    def shell(self) -> Path:
        """What a shell reads to use Airflow's own command line here."""
        return self.path / "airflow.env"

    def log(self, name: str) -> Path:
        """Where a program's log goes."""
        return self.path / "logs" / f"{name}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others out. Raises OpsError where one is in."""
        with (self.path / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OpsError(f"an Airflow runs in {self.path} already; stop that one first") from None
            yield

    def clear(self) -> None:
        """Forget everything."""
        for entry in self.path.iterdir():
            if entry.name in _KEPT:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def owned(self, name: str, account: Account | None) -> Path:
        """A folder that only the user of a program can read."""
        made = self.path / name
        made.mkdir(exist_ok=True)
        made.chmod(_PRIVATE)
        if account:
            account.give(made)
        return made

    def write(self, path: Path, text: str, account: Account | None = None) -> None:
        """Write a file that only the user of a program can read."""
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        if account:
            account.give(path)

    def make_certificate(self, python: Path) -> None:
        """Make what the database shows for TLS, and the authority that signed it, unless they are there."""
        folder = self.path / "tls"
        if not (folder / "server.key").exists():
            folder.mkdir(exist_ok=True)
            subprocess.run([python, _INSIDE / "certificate.py", folder], check=True, timeout=60)  # noqa: S603

    def authority(self, account: Account | None) -> Path:
        """The certificate that the database's is verified with."""
        return self._tls("ca.crt", account)

    def certificate(self, account: Account | None) -> Path:
        """The database's certificate."""
        return self._tls("server.crt", account)

    def key(self, account: Account | None) -> Path:
        """The key of the database's certificate."""
        return self._tls("server.key", account)

    def _tls(self, name: str, account: Account | None) -> Path:
        path = self.path / "tls" / name
        if account:
            account.give(path)
        return path

    def _made(self, name: str) -> Path:
        made = self.path / name
        made.mkdir(exist_ok=True)
        return made
