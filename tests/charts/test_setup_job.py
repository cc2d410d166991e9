"""The Job that prepares the database: what it does, in which order, and how one follows another."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import cdk8s
import pytest

from charts.airflow.config import AUTH_MANAGER
from charts.airflow.setup_job import SetupJob
from settings import ImageReference
from settings.airflow import AdminSettings
from tests.charts.builders import Object, build_charts, release_values, settings_for

CONFIG = {"core": {"default_pool_task_slot_count": "-1"}, "fab": {"update_fab_perms": "False"}}


def made(*, registry: str = "docker.io", tag: str = "3.2.2", **admin: str) -> Object:
    chart = cdk8s.Chart(cdk8s.App(), "chart", disable_resource_name_hashes=True)
    image = ImageReference(registry=registry, path="apache/airflow", tag=tag, digest=None)
    SetupJob(chart, "setup", namespace="airflow", image=image, admin=AdminSettings(**admin), config=CONFIG)
    (job,) = [item for item in chart.to_json() if item["kind"] == "Job"]
    return dict(job)


def name_of(job: Object) -> str:
    name: str = job["metadata"]["name"]
    return name


@pytest.fixture(scope="module")
def chart() -> list[Object]:
    return build_charts(settings_for("aws"))["airflow"]


@pytest.fixture(scope="module")
def job(chart: list[Object]) -> Object:
    (found,) = [item for item in chart if item["kind"] == "Job"]
    return found


@pytest.fixture(scope="module")
def container(job: Object) -> Object:
    (found,) = job["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize(
    "other",
    [{"tag": "3.2.3"}, {"registry": "registry.example.com"}, {"email": "ada@example.com"}, {"username": "ada"}],
    ids=str,
)
def test_another_job_has_another_name(other: dict[str, str]) -> None:
    """Kubernetes would refuse to change one that is there."""
    assert re.fullmatch(r"airflow-setup-[0-9a-f]{8}", name_of(made()))
    assert name_of(made()) == name_of(made())
    assert name_of(made(**other)) != name_of(made())


def test_the_count_of_a_token_is_no_part_of_the_name() -> None:
    first, second = (f"${{Token[AWS.AccountId.{count}]}}.dkr.ecr.us-west-2.amazonaws.com" for count in (4, 17))
    assert name_of(made(registry=first)) == name_of(made(registry=second))


def test_it_tries_again_until_the_next_one_takes_its_place(job: Object) -> None:
    spec = job["spec"]
    assert spec["backoffLimit"] > 1_000_000
    assert "activeDeadlineSeconds" not in spec
    # One that has gone by itself would be missed by whoever is to delete it, and made again by the next update.
    assert "ttlSecondsAfterFinished" not in spec


def test_it_needs_nothing_that_comes_with_the_release(chart: list[Object], job: Object) -> None:
    kinds = [item["kind"] for item in chart]
    assert kinds.index("Job") < kinds.index("HelmRelease")
    pod = job["spec"]["template"]["spec"]
    before = {(item["kind"], item["metadata"]["name"]) for item in chart[: kinds.index("Job")]}
    assert ("ServiceAccount", pod["serviceAccountName"]) in before
    assert ("PriorityClass", pod["priorityClassName"]) in before
    assert "volumes" not in pod
    (container,) = pod["containers"]
    references = [each["valueFrom"]["secretKeyRef"] for each in container["env"] if "valueFrom" in each]
    for reference in references:
        assert ("ExternalSecret", reference["name"]) in before


def test_an_image_that_cannot_be_pulled_keeps_no_one_else_from_the_database(chart: list[Object]) -> None:
    """Whoever starts Airflow on an empty database beside another makes the same tables and permissions."""
    values = release_values(chart, "airflow")
    assert values["migrateDatabaseJob"] == values["createUserJob"] == {"enabled": False}
    assert values["config"]["fab"]["update_fab_perms"] == "False"
    assert values["config"]["core"]["auth_manager"] == AUTH_MANAGER


def run(container: Object, folder: Path, *, failing: str = "none") -> tuple[int, list[str]]:
    """Run the script with an Airflow that only says what it was asked for."""
    log = folder / "log"
    program = folder / "airflow"
    program.write_text(
        f'#!/bin/sh\necho "$*" >>"{log}"\ncase "$*" in "users create"*) cat >>"{log}";; "{failing}"*) exit 1;; esac\n'
    )
    program.chmod(0o755)
    values = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    environment = {**values, "ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": "s3cret", "PATH": f"{folder}:/usr/bin:/bin"}
    done = subprocess.run(container["args"], env=environment, check=False, timeout=20)
    return done.returncode, log.read_text().splitlines()


def test_migrations_then_permissions_then_the_user(container: Object, tmp_path: Path) -> None:
    code, (migrate, sync, create, *password) = run(container, tmp_path)
    assert (code, migrate, sync) == (0, "db migrate", "sync-perm")
    assert create.startswith("users create --role Admin --username admin --email admin@example.com")
    assert password == ["s3cret", "s3cret"], "by standard input: an argument is in the list of processes"
    assert "s3cret" not in create


@pytest.mark.parametrize("failing", ["db migrate", "sync-perm"])
def test_what_fails_ends_the_try(container: Object, tmp_path: Path, failing: str) -> None:
    code, lines = run(container, tmp_path, failing=failing)
    assert code != 0
    assert lines[-1] == failing


def test_its_pod_is_restricted(job: Object) -> None:
    pod: dict[str, Any] = job["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
