"""What answers pods under AWS' names: the in-memory AWS, and the trust store of the databases.

It does not play: signatures (the in-memory AWS looks at none), permissions, throttling.
"""

from __future__ import annotations

import http.client
from http import HTTPStatus
from urllib.parse import urlsplit

from tests.cluster.stand_ins.tls_server import HOP_BY_HOP, TIMEOUT_SECONDS, Answer, Request, Service


def proxy(endpoint: str) -> Service:
    """Pass requests on, with the name that they were made under."""
    place = urlsplit(endpoint).netloc

    def pass_on(request: Request) -> Answer:
        connection = http.client.HTTPConnection(place, timeout=TIMEOUT_SECONDS)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers.pop("Expect", None)
        try:
            connection.request(request.method, request.target, request.body, {**headers, "Host": request.host})
            answer = connection.getresponse()
            return Answer(status=answer.status, body=answer.read(), headers=tuple(answer.getheaders()))
        except OSError as error:
            return Answer(status=HTTPStatus.BAD_GATEWAY, body=f"the in-memory AWS does not answer: {error}".encode())
        finally:
            connection.close()

    return pass_on


def text(body: bytes) -> Service:
    """Answer with the same text always."""
    return lambda _: Answer(status=HTTPStatus.OK, body=body, headers=(("Content-Type", "text/plain"),))
