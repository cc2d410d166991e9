"""Airflow in the cluster: its REST API through a port-forward that is opened anew when it breaks; DAGs run and read."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from ops.airflow_api import AirflowApi, AirflowError, Answer, UnreachableError
from ops.names import AIRFLOW_NAMESPACE, RELEASE
from tests.cluster.kube import Kube

_PORT = 8080
_OPEN_SECONDS = 20
OVER = ("success", "failed")


class ClusterAirflow(AirflowApi):
    """The API of the cluster's Airflow. A call that reaches nobody is repeated over a new port-forward."""

    def __init__(self, kube: Kube, *, login: Callable[[], tuple[str, str]], patience: float = 120) -> None:
        self._port = _free_port()
        super().__init__(f"http://127.0.0.1:{self._port}")
        self._kube, self._login, self._patience = kube, login, patience
        self._forward: subprocess.Popen[bytes] | None = None

    def open(self) -> ClusterAirflow:
        """Open the port-forward and sign in."""
        self.sign_in(*self._login())
        return self

    def close(self) -> None:
        """End the port-forward."""
        if self._forward is not None:
            self._forward.kill()
            self._forward.wait()
            self._forward = None

    def call(self, method: str, path: str, body: Answer | None = None) -> Answer:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._connect()
                return super().call(method, path, body)
            except UnreachableError:
                self.close()
                if time.monotonic() >= deadline:
                    raise
                time.sleep(2)
            except AirflowError as error:
                # A token lasts a day, or as long as the key that signed it.
                if error.status != HTTPStatus.UNAUTHORIZED or path.startswith("/auth/") or not self._authorization:
                    raise
                self._authorization = ""
                self.sign_in(*self._login())

    def _connect(self) -> None:
        if self._forward is not None and self._forward.poll() is None:
            return
        command = [shutil.which("kubectl") or "kubectl", "--kubeconfig", str(self._kube.kubeconfig)]
        command += ["--namespace", AIRFLOW_NAMESPACE, "port-forward", f"service/{RELEASE}-api-server"]
        self._forward = subprocess.Popen(
            [*command, f"{self._port}:{_PORT}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _OPEN_SECONDS
        while time.monotonic() < deadline and self._forward.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.2)
        raise UnreachableError(f"no port-forward to {RELEASE}-api-server can be opened")


def trigger(airflow: AirflowApi, dag_id: str, conf: Mapping[str, Any] | None = None, *, seconds: float = 180) -> str:
    """Let a DAG run as soon as Airflow knows it, start a run of it, and give the run's id."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            airflow.pause(dag_id, paused=False)
            break
        except AirflowError as error:
            if error.status != HTTPStatus.NOT_FOUND or time.monotonic() >= deadline:
                raise
        time.sleep(3)
    # A name of its own: a call that is repeated because its answer got lost must start no second run.
    run_id = f"cluster-{uuid.uuid4().hex[:12]}"
    try:
        return airflow.trigger(dag_id, note="make test-cluster", conf=conf, run_id=run_id)
    except AirflowError as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
    return run_id


def wait(airflow: AirflowApi, dag_id: str, run_id: str, *, seconds: float = 600, poll: float = 3) -> str:
    """The state of a run when it is over. Fails, with the states of its tasks, where it is not over in time."""
    deadline = time.monotonic() + seconds
    state = "unknown"
    while time.monotonic() < deadline:
        with suppress(UnreachableError):
            state = airflow.run_state(dag_id, run_id)
        if state in OVER:
            return state
        time.sleep(poll)
    raise AssertionError(f"{dag_id} is {state} after {seconds:.0f} s: {states(airflow, dag_id, run_id)}")


def states(airflow: AirflowApi, dag_id: str, run_id: str) -> dict[str, str]:
    """The state of each task of a run; of a mapped one by ``task[index]``."""
    found = {}
    for task in airflow.task_instances(dag_id, run_id):
        index = task.get("map_index", -1)
        found[task["task_id"] + (f"[{index}]" if index >= 0 else "")] = task["state"] or "none"
    return found


def run(airflow: AirflowApi, dag_id: str, conf: Mapping[str, Any] | None = None, *, seconds: float = 600) -> str:
    """Run a DAG, which must succeed, and give the run's id."""
    run_id = trigger(airflow, dag_id, conf)
    state = wait(airflow, dag_id, run_id, seconds=seconds)
    assert state == "success", f"{dag_id} {run_id} is {state}: {states(airflow, dag_id, run_id)}"
    return run_id


def log(airflow: AirflowApi, dag_id: str, run_id: str, task_id: str, *, attempt: int = 1, index: int = -1) -> list[str]:
    """The lines of a log: of the first, where it was read."""
    content = airflow.log(dag_id, run_id, task_id, attempt, map_index=index)
    return [str(line.get("event", "")) if isinstance(line, dict) else str(line) for line in content]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
