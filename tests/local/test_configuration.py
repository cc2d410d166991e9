"""What the platform puts into airflow.cfg is known to the pinned Airflow, not deprecated, and of the right type.

Airflow itself is asked, with its providers: some of the sections are theirs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import pytest

from ops.local.configuration import CHART_DEFAULTS, airflow_cfg, airflow_config
from ops.local.endpoints import Ports
from ops.local.folder import Folder
from ops.local.rendered import Rendered
from tests.local.conftest import AIRFLOW_PYTHON, ROOT
from tests.support import reference
from tests.support.deployment import Deployment

pytestmark = pytest.mark.local

# Airflow reads these and does not list them: one is the scheduler's, the others it hands to kombu as they are, which
# tests/contract/test_airflow_config.py asks for them.
UNLISTED = re.compile(r"scheduler\.num_stuck_in_queued_retries|celery_broker_transport_options\..+")

# Its argument is the file for what Airflow says of itself.
PROBE = """
import json, pathlib, sys, warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from airflow.configuration import conf
    from airflow.providers_manager import ProvidersManager

    ProvidersManager().initialize_providers_configuration()
    own = [(section, option) for section in conf.sections() for option in conf.options(section)]
    read = {f"{section}.{option}": conf.get(section, option) for section, option in own}

def kind(option):
    # Airflow calls most of its options strings; what they are shows in their defaults.
    default = str(option.get("default"))
    if option.get("type") != "string":
        return option.get("type")
    if default in ("True", "False"):
        return "boolean"
    return "float" if default.replace(".", "", 1).isdigit() else "string"

old = {f"{section}.{option}" for section, option, _ in conf.deprecated_options.values()}
types = {}
for name, section in conf.configuration_description.items():
    for key, option in section["options"].items():
        types[f"{name}.{key}"] = kind(option)
        if option.get("version_deprecated"):
            old.add(f"{name}.{key}")
pathlib.Path(sys.argv[1]).write_text(json.dumps({
    "types": types, "old": sorted(old), "read": read,
    "warnings": [str(each.message) for each in caught if "airflow" in str(each.message).lower()],
}))
"""


@pytest.fixture(scope="module")
def local_config(rendered: Rendered, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What `python -m ops airflow` would write."""
    folder = Folder(tmp_path_factory.mktemp("local"))
    return airflow_config(rendered.values, ports=Ports(logs=1), folder=folder, dags=ROOT / "dags", sqlite=True)


@pytest.fixture(scope="module")
def airflow_says(local_config: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Types of all options, those that are deprecated, and what Airflow reads from the local file."""
    if not AIRFLOW_PYTHON.exists():
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    home = tmp_path_factory.mktemp("airflow")
    (home / "airflow.cfg").write_text(airflow_cfg(local_config))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    command = [str(AIRFLOW_PYTHON), "-c", PROBE, str(home / "answer.json")]
    environment["AIRFLOW_HOME"] = str(home)
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads((home / "answer.json").read_text())
    return answer


def options(config: dict[str, dict[str, str]]) -> dict[str, str]:
    return {f"{section}.{key}": value for section, values in config.items() for key, value in values.items()}


def fits(value: str, type_: str) -> bool:
    if type_ == "boolean":
        return value in ("True", "False")
    try:
        {"integer": int, "float": float, "json": json.loads}.get(type_, str)(value)
    except ValueError:
        return False
    return True


def test_airflow_knows_and_means_every_option(deployment: Deployment, airflow_says: dict[str, Any]) -> None:
    given = options(deployment.releases["airflow"].manifest["config"])
    types = airflow_says["types"]
    assert [name for name in given if name not in types and not UNLISTED.fullmatch(name)] == []
    assert [name for name in given if name in airflow_says["old"]] == []
    assert {name: value for name, value in given.items() if not fits(value, types.get(name, "string"))} == {}


def test_an_unknown_an_old_and_a_mistyped_option_would_be_found(airflow_says: dict[str, Any]) -> None:
    assert "core.paralelism" not in airflow_says["types"]
    assert {"core.sql_alchemy_conn", "scheduler.dag_dir_list_interval"} <= set(airflow_says["old"])
    assert not fits("yes", airflow_says["types"]["core.load_examples"])
    assert not fits("sixteen", airflow_says["types"]["celery.worker_concurrency"])


def test_the_local_file_says_what_airflow_reads(
    local_config: dict[str, dict[str, str]], airflow_says: dict[str, Any]
) -> None:
    given = options(local_config)
    assert given == {name: airflow_says["read"].get(name) for name in given}
    assert [name for name in given if name not in airflow_says["types"] and not UNLISTED.fullmatch(name)] == []
    assert airflow_says["warnings"] == []


def test_the_local_file_is_the_platform_s_but_for_endpoints(
    rendered: Rendered, local_config: dict[str, dict[str, str]]
) -> None:
    platform, local = options(rendered.values["config"]), options(local_config)
    left_out = {name for name in platform if name not in local}
    changed = {name for name, value in platform.items() if name in local and local[name] != value}
    # The local file here is SQLite's, which has no pool of connections.
    assert all(name.startswith(("secrets.", "logging.", "metrics.", "database.sql_alchemy_")) for name in left_out)
    assert changed <= {"core.parallelism", "core.hostname_callable", "api.base_url"}


def test_the_chart_s_defaults_are_the_chart_s() -> None:
    chart = reference.default_values("airflow")["config"]
    for section, values in CHART_DEFAULTS.items():
        assert {key: chart[section][key] for key in values} == values
