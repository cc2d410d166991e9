"""Airflow's REST API with one DAG. What it takes and gives is that of Airflow 3.3; a test compares the calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from ops.names import HELLO_DAG

USER, PASSWORD = "admin", "a-generated-password"
LOG_KEY = f"task-logs/dag_id={HELLO_DAG}/run_id=r/task_id=say_hello/attempt=1.log"


@dataclass
class FakeAirflow:
    """A healthy Airflow. A test makes it ill by its fields."""

    bucket: str
    password: str = PASSWORD
    health: dict[str, str] = field(
        default_factory=lambda: dict.fromkeys(("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy")
    )
    import_errors: list[dict[str, str]] = field(default_factory=list)
    paused: bool = True
    unknown_for: int = 0
    """How often the DAG is not known yet."""
    states: list[str] = field(default_factory=lambda: ["queued", "running", "success"])
    """What the run's state is each time that it is asked for; the last one stays."""
    log_sources: list[str] = field(default_factory=list)
    """Where the log is read each time that it is asked for; the last one stays."""
    broken: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Answers to paths that begin so."""
    pauses: list[bool] = field(default_factory=list)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log_sources = self.log_sources or [f"s3://{self.bucket}/{LOG_KEY}"]

    def respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        """See servers.Respond."""
        path = unquote(urlsplit(target).path)
        self.calls.append((method, path, body))
        for start, answer in self.broken.items():
            if path.startswith(start):
                return answer
        if path == "/api/v2/monitor/health":
            return 200, {part: {"status": status} for part, status in self.health.items()}
        if path == "/api/v2/version":
            return 200, {"version": "3.3.2", "git_version": None}
        if path == "/auth/token":
            known = body == {"username": USER, "password": self.password}
            return (201, {"access_token": "token"}) if known else (401, {"detail": "Invalid credentials"})
        if headers.get("authorization") != "Bearer token":
            return 401, {"detail": "Not authenticated"}
        return self._signed_in(method, path, body)

    def _signed_in(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        dag = f"/api/v2/dags/{HELLO_DAG}"
        run = f"{dag}/dagRuns/manual__2026-11-21T20:00:00+00:00"
        answers: dict[tuple[str, str], Callable[[], tuple[int, Any]]] = {
            ("GET", "/api/v2/importErrors"): lambda: (200, {"import_errors": self.import_errors, "total_entries": 0}),
            ("GET", dag): self._dag,
            ("PATCH", dag): lambda: self._pause(body["is_paused"]),
            ("POST", f"{dag}/dagRuns"): lambda: (200, {"dag_run_id": run.rpartition("/")[2], "state": "queued"}),
            ("GET", run): lambda: (200, {"state": _next(self.states)}),
            ("GET", f"{run}/taskInstances"): lambda: (200, {"task_instances": self._tasks(), "total_entries": 2}),
            ("GET", f"{run}/taskInstances/say_hello/logs/1"): self._log,
        }
        return answers.get((method, path), lambda: (404, {"detail": f"nothing at {path}"}))()

    def _dag(self) -> tuple[int, Any]:
        self.unknown_for -= 1
        if self.unknown_for >= 0:
            return 404, {"detail": f"The Dag with ID: `{HELLO_DAG}` was not found"}
        return 200, {"dag_id": HELLO_DAG, "is_paused": self.paused}

    def _pause(self, paused: bool) -> tuple[int, Any]:
        self.pauses.append(paused)
        self.paused = paused
        return 200, {"is_paused": paused}

    def _tasks(self) -> list[dict[str, Any]]:
        state = self.states[0]
        return [{"task_id": task, "try_number": 1, "state": state} for task in ("say_hello", "check_greeting")]

    def _log(self) -> tuple[int, Any]:
        messages = ["::group::Log message source details", _next(self.log_sources), "::endgroup::", "Hello, world!"]
        return 200, {"content": [{"event": message} for message in messages], "continuation_token": None}


def _next(values: list[str]) -> str:
    return values.pop(0) if len(values) > 1 else values[0]
