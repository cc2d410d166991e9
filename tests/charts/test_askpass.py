"""The askpass sidecar gives git-sync a password that CodeCommit accepts, and gives nothing away."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import git_remote_codecommit
import pytest
from botocore.credentials import ReadOnlyCredentials

from charts.airflow import askpass
from tests.charts.codecommit import (
    DIRECT,
    LIFETIME,
    REGION,
    REPOSITORY,
    ROLE,
    QuietHandler,
    git,
    pod_identity,
    serving,
)

# --- the signature -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [ROLE.token, None])
@pytest.mark.parametrize(("region", "suffix"), [("eu-central-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")])
def test_signs_as_git_remote_codecommit_does(
    monkeypatch: pytest.MonkeyPatch, region: str, suffix: str, token: str | None
) -> None:
    now = datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC)
    frozen = SimpleNamespace(datetime=SimpleNamespace(utcnow=lambda: now.replace(tzinfo=None)))
    monkeypatch.setattr(git_remote_codecommit, "datetime", frozen)
    credentials = ReadOnlyCredentials(ROLE.access_key, ROLE.secret_key, token)
    host = f"git-codecommit.{region}.{suffix}"

    username, password = askpass.sign(f"https://{host}{REPOSITORY}", region, credentials, now)

    assert password == git_remote_codecommit.sign(host, REPOSITORY, region, credentials)
    assert password.startswith("20260301T235958Z")
    assert username == (f"{ROLE.access_key}%{token}" if token else ROLE.access_key)


def test_signs_in_utc_wherever_the_clock_stands() -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    url = f"https://git-codecommit.{REGION}.amazonaws.com{REPOSITORY}"
    passwords = {askpass.sign(url, REGION, ROLE, moment) for moment in (now, now.astimezone())}
    assert len(passwords) == 1


# --- the script, as a process --------------------------------------------------------------------------------------


def clone_as_git_sync(home: Path, url: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
    """Hand the credentials to git's own store, then use the plain URL: git-sync's two steps."""
    approved = git(home, "credential", "approve", stdin=f"url={url}\nusername={username}\npassword={password}\n")
    assert approved.returncode == 0, approved.stderr
    return git(home, "clone", "--quiet", url, str(home / "cloned"))


def assert_silent_about(role: ReadOnlyCredentials, log: str, *more: str) -> None:
    assert not [secret for secret in (role.access_key, role.secret_key, role.token, *more) if secret in log]


def test_git_clones_with_the_pods_own_identity(tmp_path: Path, codecommit: SimpleNamespace, sidecar: Any) -> None:
    with pod_identity(tmp_path, ROLE) as agent:
        script = sidecar(CODECOMMIT_REPOSITORY_URL=codecommit.url, **agent.environment)
        username, password = script.credentials()
        cloned = clone_as_git_sync(tmp_path, codecommit.url, username, password)

    assert cloned.returncode == 0, cloned.stderr
    assert (tmp_path / "cloned" / "hello.py").read_text() == "print('hello')\n"
    assert_silent_about(ROLE, script.log, password, password.split("Z")[1])


def test_another_roles_secret_is_rejected(tmp_path: Path, codecommit: SimpleNamespace, sidecar: Any) -> None:
    with pod_identity(tmp_path, ROLE._replace(secret_key="another-secret")) as agent:
        script = sidecar(CODECOMMIT_REPOSITORY_URL=codecommit.url, **agent.environment)
        cloned = clone_as_git_sync(tmp_path, codecommit.url, *script.credentials())
    assert cloned.returncode != 0
    assert "403" in cloned.stderr


def test_a_password_of_a_quarter_of_an_hour_ago_is_rejected(
    tmp_path: Path, codecommit: SimpleNamespace, sidecar: Any
) -> None:
    with pod_identity(tmp_path, ROLE) as agent:
        script = sidecar(CODECOMMIT_REPOSITORY_URL=codecommit.url, **agent.environment)
        codecommit.handler.clock = datetime.now(UTC) + LIFETIME + timedelta(seconds=5)
        cloned = clone_as_git_sync(tmp_path, codecommit.url, *script.credentials())
    assert cloned.returncode != 0
    assert "403" in cloned.stderr


def test_signs_with_new_credentials_before_the_old_ones_end(tmp_path: Path, sidecar: Any) -> None:
    with pod_identity(tmp_path, ROLE) as agent:
        agent.answer["Expiration"] = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        script = sidecar(CODECOMMIT_REPOSITORY_URL=f"https://example.com{REPOSITORY}", **agent.environment)
        before, _ = script.credentials()
        agent.answer |= {"AccessKeyId": "ASIANEXTKEY", "Token": "next-token"}
        after, _ = script.credentials()
    assert (before, after) == (f"{ROLE.access_key}%{ROLE.token}", "ASIANEXTKEY%next-token")


def test_never_asks_for_the_nodes_identity(sidecar: Any) -> None:
    asked: list[str] = []

    class Node(QuietHandler):
        def do_PUT(self) -> None:  # noqa: N802 - the library's name
            asked.append(self.path)
            self.reply(404)

    with serving(Node) as node:
        script = sidecar(AWS_REGION=REGION, AWS_EC2_METADATA_SERVICE_ENDPOINT=node.url)
        assert script.get()[0] == 500
    assert asked == []


def test_serves_this_pod_only_answers_the_probe_and_ends_clean(sidecar: Any) -> None:
    script = sidecar()
    with pytest.raises(OSError, match="refused"):
        DIRECT.open(f"http://{script.address.replace('127.0.0.1', '127.0.0.2')}/healthz", timeout=5)
    assert script.get("/healthz") == (200, "ok\n")
    assert script.get("/credentials")[0] == 404
    assert script.stop() == 0
    assert "Traceback" not in script.log


# --- errors: status 500, and one line that says what to do ------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"AWS_REGION": REGION}, "no AWS credentials: does this service account have a Pod Identity association?"),
        ({}, "AWS_REGION is not set"),
        (
            {"AWS_REGION": REGION, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"},
            "cannot get AWS credentials: ValueError: Unsupported host 'example.com'",
        ),
    ],
)
def test_says_what_is_missing(sidecar: Any, environment: dict[str, str], message: str) -> None:
    script = sidecar(CODECOMMIT_REPOSITORY_URL=f"https://example.com{REPOSITORY}", **environment)
    status, body = script.get()
    assert status == 500
    assert body.startswith(message)
    assert body.count("\n") == 1
    assert script.log.count(message) == 1
    assert "Traceback" not in script.log


@pytest.mark.parametrize(
    "url", ["", "codecommit::eu-central-1://dags", "https://host", "https://[", "https://me:pw@h/x"]
)
def test_refuses_a_url_that_it_cannot_sign(tmp_path: Path, sidecar: Any, url: str) -> None:
    with pod_identity(tmp_path, ROLE) as agent:
        script = sidecar(CODECOMMIT_REPOSITORY_URL=url, **agent.environment)
        status, body = script.get()
    assert status == 500
    assert body.startswith("CODECOMMIT_REPOSITORY_URL is not of the form")
    assert "pw" not in body + script.log
    assert_silent_about(ROLE, script.log)
