"""airflow.cfg on this machine: the platform's values and the chart's own defaults, with this machine's endpoints.

A file, as in a pod, and not environment variables: Airflow overlooks a section that only they mention, such as
celery_broker_transport_options.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.local.endpoints import HOST, Ports
from ops.local.folder import Folder

Config = dict[str, dict[str, str]]

# What the chart puts into airflow.cfg by itself and is the same here; its values.yaml has it under `config`.
CHART_DEFAULTS: Config = {
    "core": {
        "auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "load_examples": "False",
    },
    "fab": {"enable_proxy_fix": "True"},
    "logging": {"colored_console_log": "False"},
}
# There is no bucket, no Secrets Manager, no git repository and no collector of metrics here, and Redis has no TLS.
_ONLY_IN_THE_CLUSTER = (
    ("secrets", ""),
    ("logging", "remote_"),
    ("logging", "encrypt_s3_logs"),
    ("logging", "delete_local_logs"),
    ("celery", "ssl_"),
    ("dag_processor", "dag_bundle_config_list"),
    ("metrics", ""),
    ("traces", ""),
)
# SQLite has one writer at a time.
_SQLITE_TASKS_AT_A_TIME = 4


def airflow_config(values: Mapping[str, Any], *, ports: Ports, folder: Folder, dags: Path, sqlite: bool) -> Config:
    """Sections, keys and values of airflow.cfg. With SQLite, tasks run beside the scheduler."""
    executor = "LocalExecutor" if sqlite else str(values["executor"])
    config = _merged(CHART_DEFAULTS, _kept(values["config"]), _local(executor, ports, folder, dags))
    if sqlite:
        config["core"]["parallelism"] = str(_SQLITE_TASKS_AT_A_TIME)
        config["database"] = {"sql_alchemy_conn": f"sqlite:///{folder.airflow_home}/airflow.db"}
    return config


def airflow_cfg(config: Config) -> str:
    """The file, as the chart writes it."""
    sections = (
        "\n".join([f"[{section}]", *(f"{key} = {value}" for key, value in options.items()), ""])
        for section, options in config.items()
        if options
    )
    return "\n".join(sections)


def _local(executor: str, ports: Ports, folder: Folder, dags: Path) -> Config:
    url = f"http://{HOST}:{ports.web}"
    return {
        "core": {
            "executor": executor,
            "dags_folder": str(dags),
            "execution_api_server_url": f"{url}/execution/",
            "hostname_callable": "loopback.hostname",
        },
        "api": {"base_url": url, "host": HOST, "port": str(ports.web)},
        "logging": {
            "base_log_folder": str(folder.task_logs),
            "dag_processor_child_process_log_directory": str(folder.log("dag-files").with_suffix("")),
            "worker_log_server_port": str(ports.logs),
            "trigger_log_server_port": str(ports.logs),
        },
        "scheduler": {"scheduler_health_check_server_host": HOST},
    }


def _kept(config: Config) -> Config:
    return {
        section: {
            key: str(value)
            for key, value in options.items()
            if not any(section == name and key.startswith(prefix) for name, prefix in _ONLY_IN_THE_CLUSTER)
        }
        for section, options in config.items()
    }


def _merged(*configs: Config) -> Config:
    merged: Config = {}
    for config in configs:
        for section, options in config.items():
            merged.setdefault(section, {}).update(options)
    return merged
