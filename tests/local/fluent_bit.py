"""A node for Fluent Bit: its log files, an API server, Pod Identity's agent, and CloudWatch Logs, which can be away."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import backends as moto_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import generate_adhoc_ssl_context, make_server

PROGRAM_VARIABLE = "FLUENT_BIT"
REGION = "us-west-2"
TOKEN = "a-token-of-the-service-account"
LABELS = {"component": "scheduler"}
_HOST = "127.0.0.1"


def program() -> Path:
    """The program; skips the test where there is none."""
    found = os.environ.get(PROGRAM_VARIABLE) or shutil.which("fluent-bit")
    if not found:
        pytest.skip(f"no fluent-bit on the PATH, and {PROGRAM_VARIABLE} names none; docs/logs.md says how to get it")
    return Path(found)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for something to come true. Fails after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"after {seconds} s not yet: {what}"
        time.sleep(0.3)


@contextmanager
def http_server(
    answer: Callable[[str, Mapping[str, str]], tuple[int, Any]], port: int = 0, *, tls: bool = False
) -> Iterator[int]:
    """A server that answers by a function of path and headers; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = answer(self.path, dict(self.headers))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer((_HOST, port), Handler)
    if tls:
        server.socket = generate_adhoc_ssl_context().wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def cloudwatch(port: int) -> Iterator[None]:
    """CloudWatch Logs at a port, by moto. What it has taken is still there when it comes back."""
    server = make_server(
        _HOST, port, DomainDispatcherApplication(create_backend_app), threaded=True, ssl_context="adhoc"
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def clean_account() -> Iterator[None]:
    """An account in which nothing is: moto keeps what it has for the life of the process."""
    backends = moto_backends.get_backend("logs")
    backends.reset()
    yield
    backends.reset()


def credentials(_path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    """What EKS Pod Identity's agent answers."""
    if headers.get("Authorization") != TOKEN:
        return 403, {"message": "no token"}
    keys = {"AccessKeyId": "testing", "SecretAccessKey": "testing", "Token": "testing"}
    return 200, {**keys, "AccountId": "123456789012", "Expiration": "2099-01-01T00:00:00Z"}


def pod(path: str, _headers: Mapping[str, str]) -> tuple[int, Any]:
    """What the API server says of a pod."""
    *_, namespace, _pods, name = path.split("/")
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-of-{name}", "labels": LABELS}
    return 200, {"kind": "Pod", "metadata": metadata, "spec": {"nodeName": "node-1"}, "status": {"podIP": "10.0.0.1"}}


class Container:
    """A container whose output containerd writes to a file."""

    def __init__(self, node: Path, *, namespace: str, pod: str, name: str) -> None:
        self.stream = f"{namespace}.{pod}.{name}"
        self._file = node / "var/log/pods" / f"{namespace}_{pod}_uid" / name / "0.log"
        self._file.parent.mkdir(parents=True)
        self._file.touch()
        link = node / "var/log/containers" / f"{pod}_{namespace}_{name}-{'0' * 64}.log"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(self._file)

    def write(self, *lines: str, output: str = "stdout", part: int = 16384) -> None:
        """Write lines as the CRI has them: those that are longer than a part in parts."""
        with self._file.open("a", encoding="utf-8") as file:
            for line in lines:
                parts = [line[at : at + part] for at in range(0, len(line), part)] or [""]
                for number, text in enumerate(parts, start=1):
                    flag = "F" if number == len(parts) else "P"
                    file.write(
                        f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}.000000000Z {output} {flag} {text}\n"
                    )

    def rotate(self) -> None:
        """As the kubelet does it: the file gets another name, and a new one is begun."""
        self._file.rename(self._file.with_name(f"0.log.{time.time_ns()}"))
        self._file.touch()


class Node:
    """Where a rendered configuration runs: its paths and addresses are those of this machine."""

    def __init__(self, folder: Path, *, configuration: Mapping[str, str], logs: int, api: int, identity: int) -> None:
        self.folder = folder
        for name in ("var/log/journal", "var/log/containers", "var/fluent-bit/state"):
            (folder / name).mkdir(parents=True)
        token = folder / "token"
        token.write_text(TOKEN, encoding="utf-8")
        here = {
            "/fluent-bit/etc/conf/": f"{folder}/",
            "application.var.log.": f"application{str(folder).replace('/', '.')}.var.log.",
            " /var/log/": f" {folder}/var/log/",
            "/var/fluent-bit/state": f"{folder}/var/fluent-bit/state",
            "https://kubernetes.default.svc:443": f"http://{_HOST}:{api}",
            "HTTP_Port 2020": f"HTTP_Port {free_port()}",
            "Name cloudwatch_logs\n": "\n    ".join(
                ("Name cloudwatch_logs", f"endpoint {_HOST}", f"port {logs}", "tls.verify off", "")
            ),
            "Name kubernetes\n": f"Name kubernetes\n    Kube_Token_File {token}\n",
            # An hour of waiting would be an hour of testing.
            "scheduler.base 5": "scheduler.base 1",
            "scheduler.cap 60": "scheduler.cap 2",
        }
        for name, text in configuration.items():
            local = text
            for elsewhere, replacement in here.items():
                local = local.replace(elsewhere, replacement)
            (folder / name).write_text(local, encoding="utf-8")
        self._environment = {
            "NODE_NAME": "node-1",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{_HOST}:{identity}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
            # Nothing on this machine may stand in for the agent.
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(folder),
        }

    def waiting_bytes(self) -> int:
        """What is on the disk and has not been sent."""
        return sum(each.stat().st_size for each in (self.folder / "var/fluent-bit/state/storage").rglob("*.flb"))

    def container(self, *, namespace: str, pod: str, name: str) -> Container:
        """A new one."""
        return Container(self.folder, namespace=namespace, pod=pod, name=name)

    @contextmanager
    def fluent_bit(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the program."""
        with (self.folder / "fluent-bit.log").open("ab") as log:
            process = subprocess.Popen(
                [program(), f"--config={self.folder / 'fluent-bit.conf'}"],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
            try:
                yield process
            finally:
                process.kill()
                process.wait()


class Groups:
    """The log groups, and what is in them."""

    def __init__(self, port: int, names: Mapping[str, str]) -> None:
        self._client = boto3.client(
            "logs",
            region_name=REGION,
            endpoint_url=f"https://{_HOST}:{port}",
            verify=False,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self._names = names
        for name in names.values():
            self._client.create_log_group(logGroupName=name)

    def streams(self, kind: str) -> list[str]:
        """Names of a group's streams."""
        pages = self._client.get_paginator("describe_log_streams").paginate(logGroupName=self._names[kind])
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    def records(self, kind: str, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in the order of their times; none where there is no such stream."""
        if stream not in self.streams(kind):
            return []
        events: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self._client.get_log_events(
                logGroupName=self._names[kind], logStreamName=stream, startFromHead=True, limit=10000, **token
            )
            if not page["events"]:
                return [json.loads(event) for event in events]
            events += [event["message"] for event in page["events"]]
            token = {"nextToken": page["nextForwardToken"]}
