"""Registries on loopback: one in this process, which can be made to fail, and Debian's docker-registry."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ops.mirror.oci import OCI_MANIFEST, digest_of
from tests.mirror.content import Image

Fault = Callable[[str, str, Any], tuple[int, str] | tuple[int, str, dict[str, str]] | None]
"""From method, path and headers to what is answered instead: a status, what is wrong, and headers."""


def first(number: int, method: str, part: str, refusal: tuple[int, str]) -> Fault:
    """A fault of the first so many such requests."""
    left = iter(range(number))

    def fault(asked: str, path: str, _headers: object) -> tuple[int, str] | None:
        return refusal if asked == method and part in path and next(left, None) is not None else None

    return fault


def always(method: str, part: str, refusal: tuple[int, str]) -> Fault:
    """A fault of all such requests."""
    return lambda asked, path, _: refusal if asked == method and part in path else None


@dataclass
class FakeRegistry:
    """A registry as strict as Amazon ECR: a manifest is refused where it refers to what is not there."""

    host: str = ""
    repositories: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(lambda: {"": {}}))
    files: dict[str, bytes] = field(default_factory=dict)
    """Of a chart repository, by their paths."""
    faults: list[Fault] = field(default_factory=list)
    cut_off: set[str] = field(default_factory=set)
    """Digests of blobs whose transfer breaks off half-way, once."""
    ranges: bool = True
    says_digests: bool = True
    seconds_per_piece: float = 0
    log: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    """Digests of blobs that somebody has asked a part of."""

    def put(self, repository: str, tag: str, image: Image) -> None:
        """Publish an image."""
        there = self.repositories[repository]
        for content in (*image.blobs, *image.manifests, image.index):
            there[digest_of(content)] = content
        there[tag] = image.index

    def tags(self) -> dict[str, list[str]]:
        """All tags, by repository."""
        found = {
            name: sorted(key for key in there if key and not key.startswith("sha256:"))
            for name, there in self.repositories.items()
        }
        return {name: tags for name, tags in found.items() if tags}

    def count(self, method: str, pattern: str) -> int:
        """How many requests there were."""
        return sum(bool(re.fullmatch(f"{method} .*{pattern}", line)) for line in self.log)


class _Handler(BaseHTTPRequestHandler):
    registry: FakeRegistry
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.registry.log.append(f"{self.command} {self.path}")
        for fault in self.registry.faults:
            refusal = fault(self.command, self.path, self.headers)
            if refusal:
                return self._error(*refusal)
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^?]+)(?:\?.*)?", self.path)
        if found is None:
            return self._file()
        repository, kind, reference = found.groups()
        there = self.registry.repositories[repository]
        if self.command in ("GET", "HEAD"):
            return self._content(there, kind, reference)
        if self.command == "POST":
            return self._send(202, headers={"Location": f"/v2/{repository}/blobs/uploads/one"})
        return self._take(there, kind, reference, body)

    do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

    def _content(self, there: dict[str, Any], kind: str, reference: str) -> None:
        content = there.get(reference)
        if content is None:
            return self._error(404, f"{kind} unknown")
        type_ = json.loads(content).get("mediaType", OCI_MANIFEST) if kind == "manifests" else "application/x"
        digest = digest_of(content) if kind == "manifests" else reference
        headers = {"Docker-Content-Digest": digest} if self.registry.says_digests else {}
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if start and self.registry.ranges:
            self.registry.resumed.append(reference)
            return self._send(206, content[int(start[1]) :], type_, headers)
        if reference in self.registry.cut_off and self.command == "GET":
            self.registry.cut_off.remove(reference)
            return self._send(200, content, type_, headers, written=len(content) // 2)
        return self._send(200, content, type_, headers)

    def _take(self, there: dict[str, Any], kind: str, reference: str, body: bytes) -> None:
        if kind == "blobs":
            (digest,) = parse_qs(urlsplit(self.path).query)["digest"]
            if digest_of(body) != digest:
                return self._error(400, "provided digest did not match uploaded content")
            there[digest] = body
            return self._send(201)
        manifest = json.loads(body)
        parts = manifest.get("manifests") or [manifest["config"], *manifest["layers"]]
        if missing := [part["digest"] for part in parts if part["digest"] not in there]:
            return self._error(400, f"the manifest refers to what is not there: {missing[0]}")
        there[digest_of(body)] = there[reference] = body
        return self._send(201, headers={"Docker-Content-Digest": digest_of(body)})

    def _file(self) -> None:
        content = self.registry.files.get(self.path)
        return self._error(404, "no such file") if content is None else self._send(200, content)

    def _error(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"errors": [{"code": "DENIED", "message": message}]}).encode()
        self._send(status, body, "application/json", headers)

    def _send(
        self,
        status: int,
        body: bytes = b"",
        type_: str = "text/plain",
        headers: dict[str, str] | None = None,
        *,
        written: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            body = body[:written]
            for at in range(0, len(body), 1 << 14):
                self.wfile.write(body[at : at + (1 << 14)])
                time.sleep(self.registry.seconds_per_piece)
        except OSError:
            pass
        if written is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    """Serves until the end of the block."""
    registry = FakeRegistry()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"registry": registry}))
    registry.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class RealRegistry:
    """Debian's docker-registry."""

    host: str
    storage: Path

    def put(self, repository: str, tag: str, image: Image) -> None:
        """Publish an image, as a client does."""
        for blob in image.blobs:
            location = self._ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
            self._ask("PUT", f"{location}&digest={digest_of(blob)}", blob, "application/octet-stream")
        for reference, content in [*((digest_of(each), each) for each in image.manifests), (tag, image.index)]:
            media_type = json.loads(content)["mediaType"]
            self._ask("PUT", f"/v2/{repository}/manifests/{reference}", content, media_type)

    def tags(self) -> dict[str, list[str]]:
        """All tags, by repository."""
        names = json.load(self._ask("GET", "/v2/_catalog"))["repositories"]
        found = {}
        for name in names:
            try:
                tags = json.load(self._ask("GET", f"/v2/{name}/tags/list"))["tags"]
            except urllib.error.HTTPError:
                continue  # a repository with blobs and no manifest
            found[name] = sorted(tags or [])
        return {name: tags for name, tags in found.items() if tags}

    def damage(self, digest: str) -> None:
        """Change a blob on its disk, as an aging disk does."""
        name = digest.removeprefix("sha256:")
        data = self.storage / "docker/registry/v2/blobs/sha256" / name[:2] / name / "data"
        content = bytearray(data.read_bytes())
        content[len(content) // 2] ^= 1
        data.write_bytes(content)

    def _ask(self, method: str, path: str, body: bytes | None = None, type_: str = "") -> Any:
        url = path if path.startswith("http") else f"http://{self.host}{path}"
        headers = {"Content-Type": type_} if type_ else {}
        return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method))


@contextmanager
def real_registry(folder: Path, *, read_only: bool = False) -> Iterator[RealRegistry]:
    """Runs until the end of the block; skips the test where it is not installed."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed (apt-get install docker-registry)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    storage = folder / "storage"
    configuration = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(storage)},
            "maintenance": {"readonly": {"enabled": read_only}},
        },
        "http": {"addr": host},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", folder / "config.yml"], stdout=log, stderr=log)
        try:
            _wait_for(host)
            yield RealRegistry(host, storage)
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(host: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("docker-registry does not answer")
