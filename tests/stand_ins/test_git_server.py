"""CodeCommit's git server, with git itself and with the program that signs for the platform's pods."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.credentials import ReadOnlyCredentials

from charts.airflow.askpass import sign
from ops.sandbox.aws import FAKE_ACCESS_KEY, FAKE_SECRET_KEY
from tests.cluster.stand_ins.authority import Authority
from tests.cluster.stand_ins.credentials import refusal
from tests.cluster.stand_ins.git_server import GitServer
from tests.cluster.stand_ins.inside import agent
from tests.cluster.stand_ins.tls_server import Answer, TlsServer

REGION, KEY = "us-west-2", "the session's key"
HOST = f"git-codecommit.{REGION}.amazonaws.com"
URL = f"https://{HOST}/v1/repos/dags-1"
NOW = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
ACCOUNT = "system:serviceaccount:airflow:airflow-dag-processor"


class FakeAws:
    """The in-memory AWS' CodeCommit with one seeded repository."""

    def call(self, _service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        if operation == "list_repositories":
            return {"repositories": [{"repositoryName": "dags-1"}]}
        if operation == "get_repository":
            return {"repositoryMetadata": {"defaultBranch": "main"}}
        if operation == "get_file":
            return {"fileContent": b"print('seeded')\n"}
        if arguments["folderPath"] == "/":
            return {"files": [{"absolutePath": "README"}], "subFolders": [{"relativePath": "dags"}]}
        return {"files": [{"absolutePath": "dags/one.py"}], "subFolders": []}


@pytest.fixture
def server(tmp_path: Path) -> GitServer:
    folder = tmp_path / "repositories"
    folder.mkdir()
    return GitServer(aws=FakeAws(), region=REGION, folder=folder, session_key=KEY)  # type: ignore[arg-type]


@pytest.fixture
def port(server: GitServer, authority: Authority) -> Iterator[int]:
    front = TlsServer(
        address="127.0.0.1",
        port=0,
        authority=authority,
        services={"git-codecommit.": server},
        otherwise=lambda _: Answer(status=418),
    )
    front.start()
    yield front.port
    front.stop()


def _login(now: datetime) -> tuple[str, str]:
    made = agent.credentials(ACCOUNT, KEY, now)
    known = ReadOnlyCredentials(made["AccessKeyId"], made["SecretAccessKey"], made["Token"])
    return sign(URL, REGION, known, now)


def _git(
    authority: Authority, port: int, login: tuple[str, str] | None, *arguments: str
) -> subprocess.CompletedProcess[str]:
    extra = []
    if login:
        basic = base64.b64encode(":".join(login).encode()).decode()
        extra = ["-c", f"http.extraHeader=Authorization: Basic {basic}"]
    environment = {**os.environ, "GIT_SSL_CAINFO": str(authority.file), "GIT_TERMINAL_PROMPT": "0"}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull}
    place = URL.replace(HOST, f"{HOST}:{port}")
    way = ["-c", f"http.curloptResolve={HOST}:{port}:127.0.0.1", "-c", "http.proxy="]
    command = ["git", *way, *extra, *(place if word == "URL" else word for word in arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


def test_a_pod_pulls_what_the_repository_was_seeded_with(authority: Authority, port: int, tmp_path: Path) -> None:
    done = _git(authority, port, _login(datetime.now(UTC)), "clone", "URL", str(tmp_path / "clone"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clone" / "dags" / "one.py").read_text() == "print('seeded')\n"


def test_nobody_and_somebody_else_are_refused(
    authority: Authority, port: int, tmp_path: Path, server: GitServer
) -> None:
    stranger = sign(URL, REGION, ReadOnlyCredentials("AKIA", "guessed", None), datetime.now(UTC))
    for login in (None, ("a-person", "a-password"), stranger):
        done = _git(authority, port, login, "clone", "URL", str(tmp_path / "clone"))
        assert done.returncode != 0
        assert not (tmp_path / "clone").exists()
    assert len(server.refused) == 2


def test_the_password_is_of_one_repository_and_fifteen_minutes() -> None:
    username, password = _login(NOW)

    def why(url: str = URL, later: int = 0, region: str = REGION) -> str:
        now = NOW + timedelta(minutes=later)
        return refusal(url, region, username, password, session_key=KEY, now=now)

    assert not why()
    assert not why(later=14)
    assert "signed at" in why(later=16)
    assert "signature" in why(url=URL.replace("dags-1", "dags-2"))
    assert "signature" in why(region="eu-west-1")


def test_the_tester_has_credentials_too() -> None:
    username, password = sign(URL, REGION, ReadOnlyCredentials(FAKE_ACCESS_KEY, FAKE_SECRET_KEY, None), NOW)
    assert not refusal(URL, REGION, username, password, session_key=KEY, now=NOW)


def test_there_is_no_other_repository(authority: Authority, port: int, tmp_path: Path) -> None:
    other = URL.replace(HOST, f"{HOST}:{port}").replace("dags-1", "dags-9")
    known = ReadOnlyCredentials(FAKE_ACCESS_KEY, FAKE_SECRET_KEY, None)
    login = sign(URL.replace("dags-1", "dags-9"), REGION, known, datetime.now(UTC))
    done = _git(authority, port, login, "clone", other, str(tmp_path / "clone"))
    assert done.returncode != 0
    assert quote("dags-9") in done.stderr
