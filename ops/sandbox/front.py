"""What moto's server would not know: answers of custom resources, calls of the stand-ins, and AWS' price list."""

from __future__ import annotations

import os
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from ops.sandbox import price_list
from ops.sandbox.cloudformation import callbacks
from ops.sandbox.cloudformation.service import answer_callback, cloudformation_in
from ops.sandbox.pretend_cluster import aws_cli, calls, helm, kubectl
from ops.sandbox.pretend_cluster.state import Clusters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PROGRAMS: dict[str, calls.Program] = {"aws": aws_cli.run, "helm": helm.run, "kubectl": kubectl.run}


class Front:
    """A WSGI application before that of the services."""

    def __init__(self, services: WSGIApplication, *, state: Path) -> None:
        self._services = services
        self._state = state
        self._clusters = Clusters(state)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request."""
        path = environ["PATH_INFO"]
        if path.startswith(callbacks.PATH):
            expected = answer_callback(path.removeprefix(callbacks.PATH), _body(environ))
            return _respond(start_response, HTTPStatus.OK if expected else HTTPStatus.NOT_FOUND)
        if path == calls.PATH:
            code, output = calls.answer(_PROGRAMS, self._call(_body(environ)))
            return _respond(start_response, HTTPStatus.OK, output.encode(), ("Exit-Code", str(code)))
        if environ.get("HTTP_X_AMZ_TARGET") == price_list.TARGET:
            return _respond(start_response, HTTPStatus.OK, price_list.answer(_body(environ)))
        return self._services(environ, start_response)

    def _call(self, body: bytes) -> calls.Call:
        folder, region, given, program, *arguments = body.split(b"\0")
        return calls.Call(
            program=program.decode(),
            arguments=[argument.decode() for argument in arguments],
            folder=Path(os.fsdecode(folder)),
            region=region.decode(),
            given=given,
            clusters=self._clusters,
            aws=cloudformation_in(region.decode()).aws,
            state=self._state,
        )


def _body(environ: WSGIEnvironment) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    return body


def _respond(
    start_response: StartResponse, status: HTTPStatus, body: bytes = b"", *headers: tuple[str, str]
) -> list[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Length", str(len(body))), *headers])
    return [body]
