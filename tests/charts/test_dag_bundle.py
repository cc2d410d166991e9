"""Airflow's own git bundle at work, with a repository that verifies signatures."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from charts.airflow import git_askpass
from charts.airflow.dag_delivery import BUNDLE, DagDelivery
from charts.airflow.inputs import DagRepository
from settings import ImageReference
from settings.dags import DagSettings
from tests.charts.codecommit import REGION, ROLE, pod_identity

AIRFLOW_PYTHON = Path(__file__).parents[2] / ".venv-airflow" / "bin" / "python"

# Runs on the Python of `.venv-airflow`: a version, the next one after a push, and the first one again.
PROBE = """
import json, pathlib, sys
from airflow.dag_processing.bundles.manager import DagBundlesManager

def look(**version):
    bundle = DagBundlesManager().get_bundle(sys.argv[1], **version)
    bundle.initialize()
    current = bundle.get_current_version()
    current = getattr(current, "version", current)  # with more beside it since Airflow 3.3
    return {"version": current, "text": (bundle.path / "hello.py").read_text()}

found = {"first": look()}
print("waiting", flush=True)
sys.stdin.readline()
found["second"] = look()
found["first again"] = look(version=found["first"]["version"])
pathlib.Path(sys.argv[2]).write_text(json.dumps(found))
"""


def bundle_environment(home: Path, url: str, address: str) -> dict[str, str]:
    """What the values give an Airflow pod, with the sidecar's address on this machine."""
    image = ImageReference(registry="registry.example.com", path="airflow", tag="1", digest=None)
    delivery = DagDelivery(
        dags=DagSettings(delivery="bundle"),
        repository=DagRepository(url=url, region=REGION, credentials="codecommit"),
        airflow_image=image,
        git_sync_image=image,
        git_sync_is_built=False,
    )
    given = {each["name"]: each["value"] for each in delivery.environment()}
    given["GIT_CONFIG_VALUE_0"] = given["GIT_CONFIG_VALUE_0"].replace(f"127.0.0.1:{git_askpass.PORT}", address)
    bundles = delivery.config()["dag_processor"]["dag_bundle_config_list"]
    return {
        **given,
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundles,
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "GIT_TERMINAL_PROMPT": "0",
    }


def test_airflow_fetches_with_the_pods_own_identity(tmp_path: Path, codecommit: SimpleNamespace, sidecar: Any) -> None:
    if not AIRFLOW_PYTHON.exists():
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    findings, home = tmp_path / "findings.json", tmp_path / "airflow"
    home.mkdir()
    with pod_identity(tmp_path, ROLE) as agent:
        script = sidecar(CODECOMMIT_REPOSITORY_URL=codecommit.url, **agent.environment)
        process = subprocess.Popen(
            [AIRFLOW_PYTHON, "-c", PROBE, BUNDLE, findings],
            env=bundle_environment(home, codecommit.url, script.address),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        shown = ""
        while "waiting" not in shown and (line := process.stdout.readline()):
            shown += line
        second = codecommit.push("print('hello again')\n") if process.poll() is None else ""
        shown += process.communicate("\n")[0]
    assert process.returncode == 0, shown[-3000:]
    found = json.loads(findings.read_text())
    assert found["first"]["text"] == found["first again"]["text"] == "print('hello')\n"
    assert found["second"] == {"version": second, "text": "print('hello again')\n"}
    # The signature is asked for at each fetch; none of it stays in a URL on the disk.
    written = "".join(path.read_text() for path in home.glob("bundles/**/config"))
    assert codecommit.url in written
    assert not [secret for secret in (ROLE.access_key, ROLE.token) if secret in written]


def test_airflow_fetches_nothing_with_anothers_identity(
    tmp_path: Path, codecommit: SimpleNamespace, sidecar: Any
) -> None:
    home = tmp_path / "airflow"
    home.mkdir()
    with pod_identity(tmp_path, ROLE._replace(secret_key="another-secret")) as agent:
        script = sidecar(CODECOMMIT_REPOSITORY_URL=codecommit.url, **agent.environment)
        done = subprocess.run(
            [AIRFLOW_PYTHON, "-c", PROBE, BUNDLE, tmp_path / "findings.json"],
            env=bundle_environment(home, codecommit.url, script.address),
            input="\n",
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert "Error cloning repository" in done.stdout + done.stderr
