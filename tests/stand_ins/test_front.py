"""The front: a certificate for each name, the right service behind it, and the in-memory AWS behind all others."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.cluster.stand_ins.authority import JAVA_PASSWORD, Authority
from tests.cluster.stand_ins.front import proxy, text
from tests.cluster.stand_ins.tls_server import Answer, Request, TlsServer

S3 = "a-bucket.s3.us-west-2.amazonaws.com"
TRUST = "truststore.pki.rds.amazonaws.com"


class Client:
    """A client that resolves every name to the front and trusts the authority alone."""

    def __init__(self, authority: Authority, port: int) -> None:
        self._context = ssl.create_default_context(cadata=authority.pem.decode())
        self._port = port

    def ask(self, host: str, method: str = "GET", path: str = "/", **options: object) -> tuple[int, bytes, str]:
        connection = http.client.HTTPSConnection(host, context=self._context, timeout=5)
        raw = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        connection.sock = self._context.wrap_socket(raw, server_hostname=host)
        connection.request(method, path, **options)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body, answer.getheader("Content-Length", "")


@pytest.fixture
def asked() -> list[Request]:
    return []


@pytest.fixture
def client(authority: Authority, asked: list[Request]) -> Iterator[Client]:
    def otherwise(request: Request) -> Answer:
        asked.append(request)
        headers = (("Content-Length", "7"),) if request.method == "HEAD" else ()
        return Answer(status=200, body=request.body, headers=headers)

    front = TlsServer(
        address="127.0.0.1",
        port=0,
        authority=authority,
        services={"truststore.pki.rds.": text(authority.pem)},
        otherwise=otherwise,
    )
    front.start()
    yield Client(authority, front.port)
    front.stop()


def test_each_name_has_its_certificate_and_its_service(
    client: Client, asked: list[Request], authority: Authority
) -> None:
    assert client.ask(S3, path="/key?x=1")[0] == 200
    assert client.ask(TRUST)[1] == authority.pem
    assert [(one.host, one.target) for one in asked] == [(S3, "/key?x=1")]


def test_bodies_arrive_whole_also_in_chunks(client: Client) -> None:
    assert client.ask(S3, "PUT", body=b"abc")[1] == b"abc"
    chunks = iter([b"ab", b"c" * 70_000])
    headers = {"Transfer-Encoding": "chunked"}
    assert client.ask(S3, "PUT", body=chunks, headers=headers, encode_chunked=True)[1] == b"ab" + b"c" * 70_000


def test_a_question_about_an_object_is_told_its_length(client: Client) -> None:
    assert client.ask(S3, "HEAD") == (200, b"", "7")


def test_who_does_not_trust_the_authority_is_told_nothing(client: Client) -> None:
    client._context = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        client.ask(S3)
    assert client._port  # and the front goes on
    with pytest.raises(ssl.SSLCertVerificationError):
        client.ask(S3)


def test_an_aws_that_is_away_is_a_bad_gateway() -> None:
    request = Request(method="GET", host=S3, target="/", headers={}, body=b"")
    assert proxy("http://127.0.0.1:9")(request).status == 502


def test_java_gets_the_authority_too(authority: Authority) -> None:
    store = pkcs12.load_pkcs12(authority.java, JAVA_PASSWORD.encode())
    assert len(store.additional_certs) == 1
