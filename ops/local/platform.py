"""Airflow and what it needs, started in the order in which they need each other, and ended in the other one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.airflow_api import AirflowApi, AirflowError
from ops.errors import OpsError
from ops.local.backends import Backends
from ops.local.configuration import airflow_cfg, airflow_config
from ops.local.endpoints import HOST, Ports
from ops.local.environment import Connections, airflow_environment, own_variables, shell_lines
from ops.local.folder import Folder
from ops.local.process import PATIENCE, Process, stop
from ops.local.programs import Programs
from ops.local.rendered import Rendered
from ops.local.secrets import LocalSecrets

_JOB_PATIENCE = 300.0
_START_PATIENCE = 240.0
# It takes ten seconds after its last request, and does nothing in them.
_API_SERVER_PATIENCE = 2.0
_HEALTHY = "healthy"
_ADMIN = "ADMIN_"
_LOG_SERVER = "airflow.utils.serve_logs.log_server:get_app"

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be started."""

    rendered: Rendered
    folder: Folder
    ports: Ports
    programs: Programs
    dags: Path
    venv: Path
    schedulers: int = 1


class LocalPlatform:
    """An Airflow, and what it needs."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._secrets = LocalSecrets(plan.rendered, plan.folder.secrets)
        self._backends = Backends(plan.programs, plan.folder, plan.ports)
        self._airflow: list[Process] = []
        self.environment: dict[str, str] = {}
        self.api = AirflowApi(f"http://{HOST}:{plan.ports.web}")

    @property
    def username(self) -> str:
        """The administrator."""
        return self._admin["ADMIN_USERNAME"]

    @property
    def _values(self) -> dict[str, Any]:
        return self._plan.rendered.values

    @property
    def _admin(self) -> dict[str, str]:
        found = own_variables(self._plan.rendered.setup, self._secrets)
        return {name: value for name, value in found.items() if name.startswith(_ADMIN)}

    def stop(self) -> None:
        """End Airflow first, then what it uses."""
        stop(self._airflow)
        self._airflow.clear()
        self._backends.stop()

    def check(self) -> None:
        """Raise OpsError if something that has to run does not."""
        for process in (*self._backends.processes, *self._airflow):
            process.check()

    def start(self) -> None:
        """Start everything, and wait until it is healthy. Raises OpsError where something fails."""
        plan, folder = self._plan, self._plan.folder
        connections = self._backends.start(self._values, self._secrets, python=plan.venv / "bin" / "python")
        config = airflow_config(
            self._values, ports=plan.ports, folder=folder, dags=plan.dags, sqlite=connections is None
        )
        (folder.airflow_home / "airflow.cfg").write_text(airflow_cfg(config), encoding="utf-8")
        local_settings = folder.airflow_home / "config" / "airflow_local_settings.py"
        local_settings.parent.mkdir(exist_ok=True)
        local_settings.write_text(self._values.get("airflowLocalSettings", ""), encoding="utf-8")
        self.environment = airflow_environment(
            self._values, self._secrets, connections=connections, folder=folder, venv=plan.venv
        )
        folder.write(folder.shell, shell_lines(self.environment))
        folder.write(folder.password, f"{self._admin['ADMIN_PASSWORD']}\n")
        self._say("preparing the database")
        # Migrations, permissions, the administrator: the script of the Job in the cluster.
        self._spawn("setup", self._plan.rendered.setup["args"], self._admin).wait(_JOB_PATIENCE)
        self._say("starting Airflow")
        self._start_beside(connections)
        self._run("api-server", "api-server", patience=_API_SERVER_PATIENCE)
        self._wait()

    def _start_beside(self, connections: Connections | None) -> None:
        # With SQLite there is one scheduler, whose tasks run beside it: fewer at a time.
        own = self._own(self._values["scheduler"], connections) if connections else {}
        for number in range(self._plan.schedulers):
            self._run(f"scheduler-{number}" if number else "scheduler", "scheduler", "--skip-serve-logs", extra=own)
        self._run("dag-processor", "dag-processor")
        # Asked alone, it gives the child that runs the triggers ten seconds, even where that has none.
        self._run("triggerer", "triggerer", "--skip-serve-logs", whole_group=True)
        if connections:
            worker = self._own(self._values["workers"]["celery"]["sets"][0], connections)
            self._run("worker", "celery", "worker", "--skip-serve-logs", extra=worker)
        # Airflow's own log server would listen on every address of this machine.
        listen = ["--host", HOST, "--port", str(self._plan.ports.logs), "--no-access-log"]
        self._airflow.append(self._spawn("log-server", ["python", "-m", "uvicorn", "--factory", _LOG_SERVER, *listen]))

    def _own(self, component: Mapping[str, Any], connections: Connections) -> dict[str, str]:
        return own_variables(component, self._secrets) | connections.queue

    def _run(
        self,
        name: str,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        whole_group: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        process = self._spawn(name, ["airflow", *arguments], extra, whole_group=whole_group, patience=patience)
        self._airflow.append(process)

    def _spawn(
        self,
        name: str,
        command: Sequence[str],
        extra: Mapping[str, str] | None = None,
        *,
        whole_group: bool = False,
        patience: float = PATIENCE,
    ) -> Process:
        program = self._plan.venv / "bin" / command[0]
        return Process(
            name,
            [program if program.exists() else command[0], *command[1:]],
            environment={**self.environment, **(extra or {})},
            folder=self._plan.folder.path,
            log=self._plan.folder.log(name),
            whole_group=whole_group,
            patience=patience,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_PATIENCE
        while waiting_for := self._unhealthy():
            if time.monotonic() > deadline:
                logs = self._plan.folder.log("*").parent
                raise OpsError(f"not ready after {_START_PATIENCE:.0f} s: {', '.join(waiting_for)}; see {logs}")
            time.sleep(0.3)
            self.check()

    def _unhealthy(self) -> list[str]:
        try:
            health = self.api.health()
        except AirflowError:
            return ["the API server"]
        found = [name for name, component in health.items() if component["status"] != _HEALTHY]
        worker = next((process for process in self._airflow if process.name == "worker"), None)
        if worker and " ready." not in worker.log.read_text(encoding="utf-8", errors="replace"):
            found.append("the worker")
        return found
