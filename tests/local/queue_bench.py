"""A Redis that can go away and come back with what is in it, and the executor and the worker that use it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ops.local.configuration import Config, airflow_cfg
from ops.local.endpoints import HOST
from ops.local.servers import answers
from tests.local.conftest import AIRFLOW_PYTHON, free_ports

PROGRAMS = Path(__file__).parent
_TOKEN = "token"
# Read from airflow.cfg, as in a pod.
_SECTIONS = ("celery", "celery_broker_transport_options")
Round = dict[str, Any]


@dataclass(kw_only=True)
class QueueBench:
    """Use it as a context: it ends what it started."""

    folder: Path
    redis: Path
    config: Config
    rounds: list[Round] = field(default_factory=list)
    """What the executor said of each round."""
    _processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def __enter__(self) -> QueueBench:
        ports = free_ports()
        self._port, self._elsewhere = ports.broker, ports.web
        lines = [f"bind {HOST}", f"port {self._port}", f"requirepass {_TOKEN}", 'save ""', f"dir {self.folder}"]
        (self.folder / "redis.conf").write_text("\n".join([*lines, ""]))
        cfg = {section: self.config[section] for section in _SECTIONS}
        (self.folder / "airflow.cfg").write_text(airflow_cfg(cfg))
        self._start("redis", self.redis, self.folder / "redis.conf")
        self.until(lambda: answers(self._port))
        self._start("worker", AIRFLOW_PYTHON, PROGRAMS / "queue_worker.py", self.folder / "ran")
        executor = self._start("executor", AIRFLOW_PYTHON, PROGRAMS / "queue_executor.py")
        assert executor.stdin is not None
        self._executor = executor.stdin
        threading.Thread(target=self._read, args=(executor.stdout,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            # It may be stopped; a worker has processes of its own.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def ran(self) -> list[str]:
        """Tasks that ran, each as often as it did."""
        file = self.folder / "ran"
        return file.read_text().split() if file.exists() else []

    def said(self, *states: str) -> set[str]:
        """Tasks of which the executor said one of these."""
        return {task for each in list(self.rounds) for state in states for task in each.get(state, [])}

    def queue(self, count: int) -> None:
        """Have the executor publish so many tasks."""
        self._executor.write(f"{count}\n")
        self._executor.flush()

    def until(self, reached: Callable[[], bool], *, seconds: float = 240) -> float:
        """How long it took."""
        begun = time.monotonic()
        while not reached():
            assert time.monotonic() - begun < seconds, self._logs()
            time.sleep(0.2)
        return time.monotonic() - begun

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Every connection is ended, and none is accepted: the server has gone, and its machine says so."""
        self._commands(self._port, f"CONFIG SET port {self._elsewhere}", "CLIENT KILL TYPE normal SKIPME yes")
        try:
            yield
        finally:
            self._commands(self._elsewhere, f"CONFIG SET port {self._port}")

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nobody answers, and nobody says why: the machine has gone."""
        redis = self._processes[0]
        redis.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            redis.send_signal(signal.SIGCONT)

    def _start(self, name: str, *command: Path) -> subprocess.Popen[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PYTHON"))}
        environment = kept | {
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder}/airflow.db",
            "AIRFLOW__CELERY__BROKER_URL": f"redis://:{_TOKEN}@{HOST}:{self._port}/0",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+sqlite:///{self.folder}/results.db?timeout=60",
        }
        process = subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE if name == "executor" else self._log(name),
            stderr=self._log(name),
        )  # fmt: skip
        self._processes.append(process)
        return process

    def _log(self, name: str) -> IO[str]:
        return (self.folder / f"{name}.log").open("a")

    def _logs(self) -> str:
        logs = (file.read_text(errors="replace")[-3000:] for file in sorted(self.folder.glob("*.log")))
        return "\n".join([*logs, *map(str, self.rounds[-5:])])

    def _read(self, output: IO[str]) -> None:
        with self._log("executor") as log:
            for line in output:
                if line.startswith("{"):
                    self.rounds.append(json.loads(line))
                else:
                    log.write(line)

    @staticmethod
    def _commands(port: int, *commands: str) -> None:
        with socket.create_connection((HOST, port), timeout=10) as connection, connection.makefile("rwb") as stream:
            for command in (f"AUTH {_TOKEN}", *commands):
                stream.write(f"{command}\r\n".encode())
                stream.flush()
                answer = stream.readline()
                assert not answer.startswith(b"-"), answer


def report(text: str) -> None:
    """For a person who runs it with ``-s``: docs/resilience.md has such numbers."""
    sys.stderr.write(f"{text}\n")
