"""A TLS server for any name: its certificate is that of the hello, its service that of the request.

It does not play: HTTP/2, client certificates, web sockets.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.cluster.stand_ins.authority import Authority

HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"}
TIMEOUT_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request with its whole body."""

    method: str
    host: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered to it."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Service = Callable[[Request], Answer]


class TlsServer:
    """A TLS server on one address, that knows from the name in a request who is to answer."""

    def __init__(
        self, *, address: str, port: int, authority: Authority, services: dict[str, Service], otherwise: Service
    ) -> None:
        """``services`` by how a host's name begins; what none of them is for is answered by ``otherwise``."""
        self._server = _Server((address, port), _Handler)
        self._server.context = authority.server_context(address)
        self._server.services, self._server.otherwise = services, otherwise
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext
    services: dict[str, Service]
    otherwise: Service
    request_queue_size = 128

    def service(self, host: str) -> Service:
        """Who answers for a host."""
        return next((found for start, found in self.services.items() if host.startswith(start)), self.otherwise)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the connection's own thread: one that never says hello holds up nobody else.
        request.settimeout(TIMEOUT_SECONDS)
        with suppress(ssl.SSLError, ConnectionError, TimeoutError):
            super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is none of the tests'."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    server: _Server

    def _answer(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0].lower()
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
        request = Request(
            method=self.command, host=host, target=self.path, headers=dict(self.headers.items()), body=self._body()
        )
        answer = self.server.service(host)(request)
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        # The answer to a question about an object says how long the object is, and has no body.
        told = next((value for name, value in answer.headers if name.lower() == "content-length"), None)
        self.send_header("Content-Length", told if self.command == "HEAD" and told else str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def handle_expect_100(self) -> bool:
        return True

    def log_message(self, *_: object) -> None:
        """The in-memory AWS has a log of its own."""
