"""The askpass sidecar gives git-sync a password that CodeCommit accepts, and gives nothing away."""

from __future__ import annotations

import base64
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import git_remote_codecommit
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from charts.airflow import askpass

SCRIPT = Path(askpass.__file__)
ROLE = ReadOnlyCredentials("ASIAEXAMPLEKEY", "example-secret/key+", "example/session+token==")
REGION = "eu-central-1"
REPOSITORY = "/v1/repos/airflow-dags"
LIFETIME = timedelta(minutes=15)
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server(http.server.ThreadingHTTPServer):
    """A server on a free local port."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class QuietHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(handler: type[QuietHandler]) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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


class Sidecar:
    """The script as the container runs it."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.log_file = home / "askpass.log"
        # Alone in its directory, as in the container: beside it here are modules that would hide those of the library.
        script = shutil.copy(SCRIPT, home / "askpass.py")
        clean = {"PATH": os.environ["PATH"], "HOME": str(home), "ASKPASS_PORT": "0", **environment}
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen([sys.executable, str(script)], env=clean, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not (started := re.search(r"listening on (\S+)\n", self.log)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                pytest.fail(f"the script does not listen: {self.log}")
            time.sleep(0.02)
        self.address = started[1]

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def get(self, path: str = "/") -> tuple[int, str]:
        try:
            with DIRECT.open(f"http://{self.address}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def credentials(self) -> tuple[str, str]:
        """Read the answer as git-sync does: status 200, then lines split at their first `=`."""
        status, body = self.get()
        assert status == 200, body
        answer = dict(line.split("=", 1) for line in body.split("\n") if "=" in line)
        return answer["username"], answer["password"]

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=10)


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Any]:
    started: list[Sidecar] = []

    def start(**environment: str) -> Sidecar:
        started.append(Sidecar(tmp_path, **environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@contextmanager
def pod_identity(home: Path, role: ReadOnlyCredentials) -> Iterator[SimpleNamespace]:
    """Give credentials as the Pod Identity agent does: its answer, and the environment that EKS sets in the pod."""
    token_file = home / "eks-pod-identity-token"
    token_file.write_text("service-account-token")
    answer = {
        "AccessKeyId": role.access_key,
        "SecretAccessKey": role.secret_key,
        "Token": role.token,
        "AccountId": "111122223333",
        "Expiration": (datetime.now(UTC) + timedelta(hours=6)).isoformat(),
    }

    class Agent(QuietHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != token_file.read_text() or self.path != "/v1/credentials":
                self.reply(401)
            else:
                self.reply(200, json.dumps(answer).encode())

    with serving(Agent) as agent:
        environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{agent.url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token_file),
            "AWS_REGION": REGION,
        }
        yield SimpleNamespace(environment=environment, answer=answer)


# --- CodeCommit, as far as git sees it -----------------------------------------------------------------------------


class CodeCommit(QuietHandler):
    """Smart HTTP by git's own backend, behind the check of the signature that CodeCommit makes."""

    root: Path
    clock: datetime | None = None

    def do_GET(self) -> None:
        if not (authorization := self.headers["Authorization"]):
            self.reply(401, headers={"WWW-Authenticate": 'Basic realm="CodeCommit"'})
        elif not self.accepts(*base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":", 1)):
            self.reply(403)
        else:
            self.run_backend()

    def do_POST(self) -> None:
        self.do_GET()

    def accepts(self, username: str, password: str) -> bool:
        timestamp, signature = password.split("Z")
        signed_at = datetime.strptime(timestamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        request = AWSRequest(method="GIT")
        request.context["timestamp"] = timestamp
        signer = SigV4Auth(ROLE, "codecommit", REGION)
        to_sign = signer.string_to_sign(request, f"GIT\n{REPOSITORY}\n\nhost:{self.headers['Host']}\n\nhost\n")
        return (
            username == f"{ROLE.access_key}%{ROLE.token}"
            and signature == signer.signature(to_sign, request)
            and abs((self.clock or datetime.now(UTC)) - signed_at) < LIFETIME
        )

    def run_backend(self) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.reply(int(headers.pop("Status", "200 OK").split()[0]), content, headers)


@pytest.fixture
def codecommit(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """Serve a repository with one DAG in it; its clock can be set."""
    work, bare = tmp_path / "work", tmp_path / "served" / REPOSITORY.lstrip("/")
    work.mkdir()
    (work / "hello.py").write_text("print('hello')\n")
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(work))
    git(tmp_path, "-C", str(work), "add", "hello.py")
    git(tmp_path, *author, "-C", str(work), "commit", "--quiet", "--message=A DAG")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    served = type("Served", (CodeCommit,), {"root": tmp_path / "served"})
    with serving(served) as server:
        yield SimpleNamespace(url=f"{server.url}{REPOSITORY}", handler=served)


def git(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run git with no configuration but its arguments, and no way to ask a person."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    command = ["git", "-c", f"credential.helper=store --file={home}/git-credentials", "-c", "core.askPass=true"]
    return subprocess.run(
        [*command, *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


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
        def do_PUT(self) -> None:
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
