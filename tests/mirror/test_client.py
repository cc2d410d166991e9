"""Signing in: anonymous tokens, tokens that expire, and what `docker login` left."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ops.mirror.client import Client
from ops.mirror.errors import MirrorError
from tests.mirror.conftest import Workplace

TOKEN = "/token?service=registry&scope=repository%3Apublisher%2Fserver%3Apull"


class Tokens:
    """A registry that wants a token, and takes each so many times."""

    def __init__(self, workplace: Workplace, *, uses: int = 1000, login: str = "") -> None:
        self.given: list[str] = []
        self._host, self._uses, self._login = workplace.publisher.host, uses, login
        self._left: dict[str, int] = {}
        workplace.publisher.faults.append(self)

    def __call__(self, _method: str, path: str, headers: Any) -> tuple[int, str, dict[str, str]] | None:
        if path.startswith("/token"):
            assert path == TOKEN
            if self._login and headers.get("Authorization") != f"Basic {self._login}":
                return 401, "who are you", {}
            self.given.append(f"token-{len(self.given)}")
            self._left[f"Bearer {self.given[-1]}"] = self._uses
            return None
        given = headers.get("Authorization")
        if self._left.get(given):
            self._left[given] -= 1
            return None
        challenge = (
            f'Bearer realm="http://{self._host}/token",service="registry",scope="repository:publisher/server:pull"'
        )
        return 401, "authentication required", {"WWW-Authenticate": challenge}


@pytest.fixture
def tokens(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a registry want tokens; they are handed out one after the other."""
    files = workplace.publisher.files

    def make(**options: Any) -> Tokens:
        made = Tokens(workplace, **options)

        class Answers(dict[str, bytes]):
            def get(self, path: str, default: Any = None) -> Any:
                if path.startswith("/token"):
                    return json.dumps({"token": made.given[-1]}).encode()
                return files.get(path, default)

        monkeypatch.setattr(workplace.publisher, "files", Answers())
        return made

    return make


def test_an_anonymous_token(workplace: Workplace, tokens: Any) -> None:
    image = workplace.publish("server")
    made = tokens()
    assert workplace.run().exit_code == 0
    assert workplace.digest("airflow-eks/publisher/server", "1.0") == image.digest
    assert made.given


def test_a_token_that_expires(workplace: Workplace, tokens: Any) -> None:
    workplace.publish("server")
    made = tokens(uses=3)
    assert workplace.run().exit_code == 0
    assert len(made.given) > 2


def test_credentials_of_docker_login(workplace: Workplace, tokens: Any) -> None:
    login = base64.b64encode(b"me:secret").decode()
    workplace.publish("server")
    made = tokens(login=login)
    configuration = {"auths": {workplace.publisher.host: {"auth": login}}}
    (workplace.folder / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    result = workplace.run()
    assert result.exit_code == 0
    assert made.given
    assert login not in result.output


def test_credentials_that_are_refused(workplace: Workplace, tokens: Any) -> None:
    workplace.publish("server")
    tokens(login="other")
    result = workplace.run()
    assert result.exit_code == 1
    host = workplace.publisher.host
    assert f"{host} refuses access: authentication required. Credentials of `docker login {host}`" in result.output


def test_docker_hub_has_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login = base64.b64encode(b"me:secret").decode()
    configuration = {"auths": {"https://index.docker.io/v1/": {"auth": login}}}
    (tmp_path / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    client = Client(host="docker.io", repository="apache/airflow")
    assert client.url("tags/list") == "https://registry-1.docker.io/v2/apache/airflow/tags/list"
    assert client.auth._basic_auth == login
    assert not hasattr(Client(host="quay.io", repository="prometheus/statsd-exporter").auth, "_basic_auth")


def test_the_registrys_password_stays_with_the_registry(workplace: Workplace) -> None:
    """A blob may be elsewhere: the address in the answer has a signature of its own."""
    seen: list[str | None] = []
    workplace.publish("server")
    workplace.publisher.faults.append(lambda _m, _p, headers: seen.append(headers.get("Authorization")))
    ours = Client(host=workplace.registry.host, repository="a/b", password="secret")
    ours.ask("GET", f"http://{workplace.publisher.host}/v2/publisher/server/manifests/1.0")
    assert seen == [None]


def test_a_registry_that_says_no_digest(workplace: Workplace) -> None:
    workplace.publish("server")
    workplace.registry.says_digests = False
    workplace.publisher.says_digests = False
    assert workplace.run().exit_code == 0
    assert workplace.run("--plan").exit_code == 0


def test_an_answer_that_says_nothing(workplace: Workplace) -> None:
    workplace.publisher.faults.append(lambda *_: (418, ""))
    with pytest.raises(MirrorError, match=r"^127\.0\.0\.1:\d+ answered 418: DENIED$"):
        Client(host=workplace.publisher.host, repository="a").ask("GET", "tags/list")
