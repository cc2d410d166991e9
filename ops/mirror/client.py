"""Requests to one registry, on oras: its session and its sign-in, with what oras lacks for a copy.

oras 0.2.43 repeats a refused request for two minutes and a 503 never, drops the answer that says why something is
refused, and keeps a token that has expired. So `do_request`, through which all of it goes, is made anew here.
"""

from __future__ import annotations

import logging
import os
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

import oras.container
import oras.provider
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ops.aws import is_loopback
from ops.mirror.refusals import refused, unreachable

# Where the images of docker.io are, and what `docker login` calls it.
_HOSTS = {"docker.io": "registry-1.docker.io"}
_LOGINS = {"docker.io": "https://index.docker.io/v1/"}
_TIMEOUT_SECONDS = (10, 120)  # to connect, and between two packets
# Pauses of 1, 2, 4 and 8 seconds, or what the registry asks for, up to a minute.
RETRY = Retry(
    total=5,
    connect=2,
    backoff_factor=1,
    backoff_jitter=0.5,
    status_forcelist=[429, 500, 502, 503, 504],
    allowed_methods=None,  # all: a copy does the same when it is done twice
    raise_on_status=False,
    retry_after_max=60,
)


class Client(oras.provider.Registry):  # type: ignore[misc]  # oras has no types
    """One repository of a registry.

    Of its own for each repository, because a token is for one.
    """

    def __init__(self, *, host: str, repository: str, password: str | None = None) -> None:
        address = _HOSTS.get(host, host)
        # As Docker does: a registry on this machine has no certificate.
        insecure = is_loopback(f"//{host}")
        super().__init__(hostname=address, insecure=insecure, auth_backend="basic" if password else "token")
        for library in ("oras.logger", "urllib3.connectionpool"):
            logging.getLogger(library).setLevel(logging.CRITICAL)  # what they would write, errors say
        self.host = host
        self.ours = password is not None
        self.repository = self.get_container(f"{address}/{repository}")
        self.session.mount("https://", HTTPAdapter(max_retries=RETRY, pool_maxsize=32))
        self.session.mount("http://", HTTPAdapter(max_retries=RETRY, pool_maxsize=32))
        if password is not None:
            self.auth.set_basic_auth("AWS", password)
        else:
            self.auth.load_configs(_login_of(host, address), configs=_docker_configurations())

    def url(self, path: str) -> str:
        """The address of something in the repository."""
        return f"{self.prefix}://{self.repository.registry}/v2/{self.repository.api_prefix}/{path}"

    def ask(self, method: str, path: str, *, absent: bool = False, **parameters: Any) -> requests.Response | None:
        """An answer that is none of an error; None, where something may be absent and is.

        Raises MirrorError or StopError, which say what to do.
        """
        answer = self.do_request(path if "://" in path else self.url(path), method, **parameters)
        if absent and answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.ok:
            raise refused(answer, host=self.host, ours=self.ours)
        return answer

    def must(self, method: str, path: str, **parameters: Any) -> requests.Response:
        """An answer. Raises as ``ask`` does."""
        answer = self.ask(method, path, **parameters)
        assert answer is not None  # noqa: S101 - nothing may be absent
        return answer

    def do_request(
        self,
        url: str,
        method: str,
        *,
        data: IO[bytes] | bytes | None = None,
        headers: dict[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Ask; sign in where that is wanted, with a new token where the old one is no longer taken."""
        own = url.startswith(f"{self.prefix}://{self.repository.registry}/")
        headers = {**(headers or {}), **(self._signed_in() if own else {})}
        try:
            answer: requests.Response = self.session.request(
                method, url, data=data, headers=headers, stream=stream, timeout=_TIMEOUT_SECONDS
            )
            if answer.status_code != HTTPStatus.UNAUTHORIZED or not self._sign_in(answer, headers):
                return answer
            if data is not None and not isinstance(data, bytes):
                data.seek(0)
            answer = self.session.request(
                method, url, data=data, headers=headers, stream=stream, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise unreachable(error, host=self.host, ours=self.ours) from None
        return answer

    def _signed_in(self) -> dict[str, str]:
        headers: dict[str, str] = self.auth.get_auth_header()
        return headers

    def _sign_in(self, answer: requests.Response, headers: dict[str, str]) -> bool:
        """Whether there is another token to try with; puts it into the headers."""
        challenge = answer.headers.get("WWW-Authenticate", "")
        if self.ours or not challenge.lower().startswith("bearer"):
            return False
        signed, changed = self.auth.authenticate_request(answer, headers, refresh=True)
        headers.update(signed)
        return bool(changed)


def _login_of(host: str, address: str) -> oras.container.Container:
    """What oras looks for in Docker's configuration."""
    login = oras.container.Container("any", registry=address)
    login.registry = _LOGINS.get(host, address)
    return login


def _docker_configurations() -> list[str]:
    """Docker's configuration where DOCKER_CONFIG says; oras itself looks into the home folder."""
    folder = os.environ.get("DOCKER_CONFIG")
    file = Path(folder) / "config.json" if folder else None
    if file is None or not file.is_file():
        return []
    return [str(file)]
