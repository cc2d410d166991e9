"""AWS CodeCommit, the Pod Identity agent and the askpass sidecar, as far as git sees them."""

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
