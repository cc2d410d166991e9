"""A worker that is told to go ends its task, takes no other, and leaves with 0: a scale-in loses nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ops.airflow_api import AirflowError
from tests.local.conftest import LEAVING, LEAVING_QUEUE, Running, sql

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

PATIENCE_SECONDS = 120
# Two rounds of calls, that it runs and that it has ended: charts/airflow/task_calls.py.
LONELY_SECONDS = 360
# What the chart runs in the pod, with the queue of a set. The signal is for this process alone, as in the pod
# (DUMB_INIT_SETSID=0). Airflow's own log server would listen on every address of this machine.
COMMAND = 'source "$0"; exec airflow celery worker -q "$1" --skip-serve-logs'
QUERY = f"SELECT count(*) FROM task_instance WHERE (state='running' OR state='queued') AND queue = '{LEAVING_QUEUE}'"


@contextmanager
def worker(full: Running, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with two places, in a session of its own, with more variables."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", COMMAND, str(full.folder.shell), LEAVING_QUEUE],
            env={**os.environ, "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2", **more},
            cwd=full.folder.path,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: says(log, " ready."), process)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Way:
    """A way to the API server that can be closed."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End what is open, and refuse what comes."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert process is None or process.poll() is None, "the worker has gone"
        assert time.monotonic() < deadline
        time.sleep(0.3)


def says(log: Path, words: str) -> bool:
    return words in log.read_text(errors="replace")


def is_there(full: Running) -> bool:
    try:
        full.api.dag(LEAVING)
    except AirflowError:
        return False
    return True


def start(full: Running) -> str:
    return full.api.trigger(LEAVING, note="a test")


def task(full: Running, run_id: str) -> tuple[str | None, int]:
    """State and number of tries of the run's task."""
    found = full.api.task_instances(LEAVING, run_id)
    return (found[0]["state"], found[0]["try_number"]) if found else (None, 0)


def test_a_worker_that_is_told_to_go_ends_its_task_and_takes_no_other(full: Running, tmp_path: Path) -> None:
    wait_until(lambda: is_there(full))
    full.api.pause(LEAVING, paused=False)
    go = full.folder.path / f"go-{LEAVING}"

    with worker(full, tmp_path / "first.log") as first:
        begun = start(full)
        wait_until(lambda: task(full, begun)[0] == "running", first)
        first.send_signal(signal.SIGTERM)
        wait_until(lambda: says(tmp_path / "first.log", "Warm shutdown"), first)

        late = start(full)
        wait_until(lambda: task(full, late)[0] == "queued", first)
        time.sleep(5)  # it has a place free, and would take it at once
        assert task(full, late)[0] == "queued"
        assert task(full, begun)[0] == "running"
        assert first.poll() is None
        # KEDA goes on counting the task of a worker that leaves, and so keeps a place for the one that waits.
        assert sql(full.database, QUERY) == ["2"]

        go.touch()
        assert first.wait(PATIENCE_SECONDS) == 0
    assert task(full, begun) == ("success", 1)
    assert task(full, late)[0] == "queued"

    with worker(full, tmp_path / "second.log") as second:
        wait_until(lambda: full.api.run_state(LEAVING, late) == "success", second)
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_SECONDS) == 0
    assert task(full, late) == ("success", 1)
    assert full.api.run_state(LEAVING, begun) == "success"


def test_a_worker_does_not_outlive_its_api_server(full: Running, tmp_path: Path) -> None:
    """When all is destroyed, nobody waits a day for a task: it is ended when it can no longer say that it runs."""
    wait_until(lambda: is_there(full))
    full.api.pause(LEAVING, paused=False)
    (full.folder.path / f"go-{LEAVING}").unlink(missing_ok=True)
    way = Way(full.ports.web)
    url = f"http://127.0.0.1:{way.port}/execution/"
    with worker(full, tmp_path / "lonely.log", AIRFLOW__CORE__EXECUTION_API_SERVER_URL=url) as lonely:
        run_id = start(full)
        wait_until(lambda: task(full, run_id)[0] == "running", lonely)
        way.close()
        lonely.send_signal(signal.SIGTERM)
        assert lonely.wait(LONELY_SECONDS) == 0
    # Celery's result says so, and Airflow starts it again on another worker: the platform gives tasks retries.
    wait_until(lambda: task(full, run_id)[0] == "up_for_retry")
