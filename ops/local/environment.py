"""The environment of Airflow's processes on this machine: secrets and connections, as the chart gives them to a pod."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.local.endpoints import HOST
from ops.local.folder import Folder
from ops.local.secrets import LocalSecrets

# What the chart reads from its Secrets: the variable, the value that names the Secret, and the key in it.
_SECRET_VARIABLES = {
    "AIRFLOW__CORE__FERNET_KEY": ("fernetKeySecretName", "fernet-key"),
    "AIRFLOW__API__SECRET_KEY": ("apiSecretKeySecretName", "api-secret-key"),
    "AIRFLOW__API_AUTH__JWT_SECRET": ("jwtSecretName", "jwt-secret"),
}
_PASSED_ON = ("AIRFLOW_CONN_", "AIRFLOW_VAR_")
_LOOPBACK_NAMES = f"localhost,{HOST}"


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Connection strings of the database, the results and the queue."""

    metadata: str
    result_backend: str
    broker: str

    @property
    def variables(self) -> dict[str, str]:
        """The variables that the chart puts them into, for every process."""
        return {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.metadata,
            "AIRFLOW_CONN_AIRFLOW_DB": self.metadata,
            "AIRFLOW__CELERY__RESULT_BACKEND": self.result_backend,
        }

    @property
    def queue(self) -> dict[str, str]:
        """That of the scheduler and the worker alone."""
        return {"AIRFLOW__CELERY__BROKER_URL": self.broker}


def airflow_environment(
    values: Mapping[str, Any], secrets: LocalSecrets, *, connections: Connections | None, folder: Folder, venv: Path
) -> dict[str, str]:
    """The environment of every process of Airflow."""
    environment = _base(folder, venv)
    environment |= {item["name"]: _value(item, secrets) for item in values["env"]}
    for variable, (value, key) in _SECRET_VARIABLES.items():
        environment[variable] = secrets.secret(values[value])[key]
    if connections:
        environment |= connections.variables
    # A person's own connections and variables win: they were set to be used.
    return environment | {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}


def own_variables(component: Mapping[str, Any], secrets: LocalSecrets) -> dict[str, str]:
    """What the chart gives to one process, or job, beside what all have."""
    return {item["name"]: _value(item, secrets) for item in component.get("env", [])}


def shell_lines(environment: Mapping[str, str]) -> str:
    """The environment as a shell reads it, without what it has anyway."""
    lines = (
        f"export {name}={shlex.quote(value)}" for name, value in environment.items() if os.environ.get(name) != value
    )
    return "\n".join([*lines, ""])


def _base(folder: Folder, venv: Path) -> dict[str, str]:
    # Settings of a person's own Airflow and Python must not leak in.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    no_proxy = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), _LOOPBACK_NAMES)))
    return kept | {
        "PATH": f"{venv / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(venv),
        "AIRFLOW_HOME": str(folder.airflow_home),
        "PYTHONPATH": str(Path(__file__).with_name("inside")),
        # Nothing is written beside the DAGs, which are shipped as they lie there.
        "PYTHONPYCACHEPREFIX": str(folder.bytecode),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        # macOS ends a process that forks after it has used some of the system's libraries.
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }


def _value(item: Mapping[str, Any], secrets: LocalSecrets) -> str:
    if "value" in item:
        return str(item["value"])
    reference = item["valueFrom"]["secretKeyRef"]
    return secrets.secret(reference["name"])[reference["key"]]
