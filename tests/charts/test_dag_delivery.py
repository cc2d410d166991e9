"""How DAGs reach the pods: what each way puts into the chart's values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from charts.airflow import git_credentials
from tests.charts.builders import Object, build_charts, release_values, settings_for

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
HTTPS = {"url": "https://git.example.com/team/dags.git"}
SECRET = "arn:aws:secretsmanager:us-west-2:111122223333:secret:git-a1b2c3"
HOST_KEY = "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ"
SSH = {"url": "ssh://git@git.example.com/team/dags.git", "secret_arn": SECRET, "known_hosts": HOST_KEY}


def built(delivery: str, **dags: Any) -> list[Object]:
    return build_charts(settings_for("aws", dags={"delivery": delivery, **dags}))["airflow"]


def pods(objects: list[Object]) -> dict[str, Object]:
    """Values of the pods that need DAGs."""
    values = release_values(objects, "airflow")
    return {
        "dag-processor": values["dagProcessor"],
        "triggerer": values["triggerer"],
        "worker": values["workers"]["celery"],
    }


def named(items: list[Object]) -> dict[str, Object]:
    return {item["name"]: item for item in items}


def external_secret(objects: list[Object]) -> Object:
    (found,) = [item for item in objects if item["metadata"]["name"] == git_credentials.SECRET]
    return found["spec"]


def test_one_pod_writes_the_file_system_and_the_others_read_it() -> None:
    found = pods(built("efs"))
    assert list(named(found["dag-processor"]["extraInitContainers"])) == ["git-askpass"]
    for reader in ("triggerer", "worker"):
        assert not {"extraInitContainers", "extraVolumes", "extraVolumeMounts"} & found[reader].keys()


@pytest.mark.parametrize("delivery", ["sidecar", "bundle"])
def test_without_the_file_system_there_is_no_claim_and_nothing_of_the_charts_own(delivery: str) -> None:
    objects = built(delivery)
    assert not {"PersistentVolume", "PersistentVolumeClaim"} & {item["kind"] for item in objects}
    dags = release_values(objects, "airflow")["dags"]
    assert dags == {"persistence": {"enabled": False}, "gitSync": {"enabled": False}}


@pytest.mark.parametrize("pod", ["dag-processor", "triggerer", "worker"])
def test_each_pod_has_a_copy_of_its_own(pod: str) -> None:
    values = pods(built("sidecar", subdirectory="team/dags", branch="prod"))[pod]
    # The signer starts first, and git-sync is done before Airflow begins.
    signer, sync = values["extraInitContainers"]
    assert (signer["name"], sync["name"]) == ("git-askpass", "git-sync")
    assert (signer["restartPolicy"], sync["restartPolicy"]) == ("Always", "Always")
    assert sync["startupProbe"]["httpGet"]["port"] == 1234
    environment = {each["name"]: each.get("value") for each in sync["env"]}
    assert environment["GITSYNC_REF"] == "prod"
    assert environment["GITSYNC_HTTP_BIND"] == ":1234"
    assert environment["GITSYNC_ASKPASS_URL"] == "http://127.0.0.1:8617/"
    assert named(values["extraVolumes"])["dags"] == {"name": "dags", "emptyDir": {}}
    assert values["extraVolumeMounts"] == [{"name": "dags", "mountPath": "/opt/airflow/dags", "readOnly": True}]


def git_sync(delivery: str) -> tuple[Object, dict[str, str]]:
    """Container, or the chart's values of it, and its own variables."""
    objects = built(delivery)
    if delivery == "efs":
        sync = release_values(objects, "airflow")["dags"]["gitSync"]
    else:
        _, sync = pods(objects)["worker"]["extraInitContainers"]
    return sync, {each["name"]: each["value"] for each in sync["env"]}


def test_git_that_is_killed_leaves_nothing_that_clears_what_all_pods_read() -> None:
    """Git holds shallow.lock while it fetches a part of the history. What git-sync does then: docs/dags.md."""
    shared, _ = git_sync("efs")
    assert shared["depth"] == 0
    own, environment = git_sync("sidecar")
    assert environment["GITSYNC_DEPTH"] == "1"
    assert own["command"] == ["/bin/bash", "-c", "rm -f /git/.git/shallow.lock && exec /git-sync"]


@pytest.mark.parametrize("delivery", ["efs", "sidecar"])
def test_git_has_time_and_memory_and_is_not_stopped_before_its_time(delivery: str) -> None:
    sync, environment = git_sync(delivery)
    assert environment["GITSYNC_SYNC_TIMEOUT"] == "900s"
    assert sync["startupProbe"]["periodSeconds"] * sync["startupProbe"]["failureThreshold"] >= 900
    assert sync["resources"]["limits"]["memory"] == {"efs": "512Mi", "sidecar": "256Mi"}[delivery]
    configuration = dict(each.split(":", 1) for each in environment["GITSYNC_GIT_CONFIG"].split(","))
    assert configuration["pack.threads"] == "1"
    assert configuration["credential.helper"].startswith("cache --timeout ")


@pytest.mark.parametrize("delivery", ["efs", "sidecar"])
def test_old_files_stay_longer_than_nfs_remembers_where_they_were(delivery: str) -> None:
    _, environment = git_sync(delivery)
    assert int(environment["GITSYNC_STALE_WORKTREE_TIMEOUT"].removesuffix("s")) > 2 * 60


def test_airflow_looks_into_the_copy() -> None:
    objects = built("sidecar", subdirectory="team/dags")
    assert release_values(objects, "airflow")["config"]["core"]["dags_folder"] == "/opt/airflow/dags/repo/team/dags"
    assert "dags_folder" not in release_values(built("efs"), "airflow")["config"]["core"]


def test_airflow_fetches_the_bundle_itself() -> None:
    objects = built("bundle", subdirectory="team/dags", branch="prod", sync_period_seconds=20)
    values = release_values(objects, "airflow")
    (bundle,) = json.loads(values["config"]["dag_processor"]["dag_bundle_config_list"])
    assert bundle["classpath"] == "airflow.providers.git.bundles.git.GitDagBundle"
    assert bundle["kwargs"] == {
        "tracking_ref": "prod",
        "subdir": "team/dags",
        "git_conn_id": "git_default",
        "refresh_interval": 20,
    }
    # What Airflow looks for besides stays as it is.
    assert values["config"]["dag_processor"]["refresh_interval"] == "30"
    for pod in pods(objects).values():
        assert list(named(pod["extraInitContainers"])) == ["git-askpass"]
    connection = json.loads(named(values["env"])["AIRFLOW_CONN_GIT_DEFAULT"]["value"])
    assert connection["host"].endswith("/v1/repos/airflow-dags")


@pytest.mark.parametrize("delivery", ["efs", "sidecar", "bundle"])
def test_a_public_repository_needs_nothing(delivery: str) -> None:
    objects = built(delivery, git=HTTPS)
    assert not [item for item in objects if item["metadata"]["name"] in (git_credentials.SECRET, "airflow-git-askpass")]
    for pod in pods(objects).values():
        assert "git-askpass" not in named(pod.get("extraInitContainers", []))


def test_a_password_is_mounted_and_not_written_down() -> None:
    objects = built("sidecar", git={**HTTPS, "secret_arn": SECRET})
    (sync,) = pods(objects)["worker"]["extraInitContainers"]
    environment = named(sync["env"])
    assert environment["GITSYNC_PASSWORD_FILE"]["value"] == "/etc/dag-repository/password"
    assert environment["GITSYNC_USERNAME"]["valueFrom"] == {
        "secretKeyRef": {"name": "airflow-dag-repository", "key": "username"}
    }
    assert {"name": "dag-repository", "mountPath": "/etc/dag-repository", "readOnly": True} in sync["volumeMounts"]
    assert [each["remoteRef"] for each in external_secret(objects)["data"]] == [
        {"key": SECRET, "property": "username"},
        {"key": SECRET, "property": "password"},
    ]


def test_a_bundles_password_comes_from_the_secret() -> None:
    objects = built("bundle", git={**HTTPS, "secret_arn": SECRET})
    values = release_values(objects, "airflow")
    assert "AIRFLOW_CONN_GIT_DEFAULT" not in named(values["env"])
    assert values["secret"] == [
        {"envName": "AIRFLOW_CONN_GIT_DEFAULT", "secretName": "airflow-dag-repository", "secretKey": "connection"}
    ]
    template = external_secret(objects)["target"]["template"]["data"]["connection"]
    filled = template.replace("{{ .username | toJson }}", '"me"').replace("{{ .password | toJson }}", json.dumps('a"b'))
    assert json.loads(filled) == {"conn_type": "git", "host": HTTPS["url"], "login": "me", "password": 'a"b'}


@pytest.mark.parametrize("delivery", ["efs", "sidecar"])
def test_an_ssh_host_is_known(delivery: str) -> None:
    objects = built(delivery, git=SSH)
    values = release_values(objects, "airflow")
    if delivery == "efs":
        environment, mounted = values["dags"]["gitSync"]["env"], values["dags"]["gitSync"]["extraVolumeMounts"]
    else:
        (sync,) = pods(objects)["worker"]["extraInitContainers"]
        environment, mounted = sync["env"], sync["volumeMounts"]
    found = {each["name"]: each.get("value") for each in environment}
    assert found["GITSYNC_SSH_KEY_FILE"] == "/etc/dag-repository/ssh"
    assert found["GITSYNC_SSH_KNOWN_HOSTS_FILE"] == "/etc/dag-repository/known_hosts"
    assert "/etc/dag-repository" in [each["mountPath"] for each in mounted]
    data = external_secret(objects)["target"]["template"]["data"]
    assert data == {"ssh": "{{ .key | trim }}\n", "known_hosts": f"{HOST_KEY}\n"}


def test_airflow_knows_the_ssh_host_too() -> None:
    objects = built("bundle", git=SSH)
    connection = json.loads(named(release_values(objects, "airflow")["env"])["AIRFLOW_CONN_GIT_DEFAULT"]["value"])
    assert connection["extra"] == {
        "key_file": "/etc/dag-repository/ssh",
        "strict_host_key_checking": "yes",
        "known_hosts_file": "/etc/dag-repository/known_hosts",
    }
    for pod in pods(objects).values():
        assert pod["extraVolumes"][0]["secret"]["defaultMode"] == 0o440
        assert pod["extraVolumeMounts"][0]["mountPath"] == "/etc/dag-repository"
