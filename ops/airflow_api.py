"""Airflow's REST API: sign in, look, trigger a DAG, read a log. The named calls are those of Airflow 3."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ops.aws import is_loopback
from ops.errors import OpsError

_TIMEOUT_SECONDS = 20
_PAGE = 100  # Airflow's own maximum (api.maximum_page_limit)

Answer = dict[str, Any]


class AirflowError(OpsError):
    """Airflow answered, but not as it should."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class UnreachableError(AirflowError):
    """Nobody answered."""


class UntrustedError(UnreachableError):
    """Somebody answered, but nobody who is trusted vouches for whom."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A password goes to the address that was given and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class AirflowApi:
    """The API of one Airflow."""

    def __init__(self, url: str, *, ca_file: Path | None = None, patience: float = _TIMEOUT_SECONDS) -> None:
        """``ca_file`` has the authorities to trust, in PEM. Raises OpsError where it has none, or the URL is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OpsError(f"{url}: must be a URL like https://airflow.example.com")
        self.url = url.rstrip("/")
        self._authorization = ""
        self._patience = patience
        # A proxy that the environment names does not lead to this machine, where a port-forward ends.
        direct = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
        tls = [urllib.request.HTTPSHandler(context=_trust(ca_file))] if ca_file else []
        self._opener = urllib.request.build_opener(_NoRedirect, *direct, *tls)

    def health(self) -> Answer:
        """State of the metadata database, the scheduler, the triggerer and the DAG processor."""
        return self.call("GET", "/api/v2/monitor/health")

    def version(self) -> str:
        """Airflow's version."""
        version: str = self.call("GET", "/api/v2/version")["version"]
        return version

    def sign_in(self, username: str, password: str) -> None:
        """Get a token for the calls that need one."""
        answer = self.call("POST", "/auth/token", {"username": username, "password": password})
        self.use_token(answer["access_token"])

    def use_token(self, token: str) -> None:
        """Show a token with each call from now on."""
        self._authorization = f"Bearer {token}"

    def use_password(self, username: str, password: str) -> None:
        """Show name and password with each call from now on, as Airflow 2 takes them."""
        self._authorization = f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"

    def import_errors(self) -> list[Answer]:
        """Files that are no DAGs although they should be."""
        found: list[Answer] = self.call("GET", "/api/v2/importErrors")["import_errors"]
        return found

    def dag(self, dag_id: str) -> Answer:
        """A DAG."""
        return self.call("GET", f"/api/v2/dags/{quote(dag_id, safe='')}")

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pause a DAG, or let it run."""
        self.call("PATCH", f"/api/v2/dags/{quote(dag_id, safe='')}?update_mask=is_paused", {"is_paused": paused})

    def trigger(
        self, dag_id: str, *, note: str, conf: Mapping[str, Any] | None = None, run_id: str | None = None
    ) -> str:
        """Start a run, and return its id. With an id that there is already Airflow answers 409."""
        # Without a logical date: a run for no particular day is in nobody's way.
        body: Answer = {"logical_date": None, "note": note}
        body |= {"conf": dict(conf)} if conf else {}
        body |= {"dag_run_id": run_id} if run_id else {}
        made: str = self.call("POST", f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns", body)["dag_run_id"]
        return made

    def run_state(self, dag_id: str, run_id: str) -> str:
        """State of a run: queued, running, success or failed."""
        state: str = self.call("GET", _run(dag_id, run_id))["state"]
        return state

    def task_instances(self, dag_id: str, run_id: str) -> list[Answer]:
        """The tasks of a run."""
        return list(self.pages(f"{_run(dag_id, run_id)}/taskInstances", "task_instances"))

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int, *, map_index: int = -1) -> list[Any]:
        """The log of one try of a task: messages, of which the first say where they were read."""
        query = urlencode({"full_content": "true"} | ({"map_index": map_index} if map_index >= 0 else {}))
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}/logs/{try_number}?{query}"
        content: list[Any] = self.call("GET", path)["content"]
        return content

    def pages(self, path: str, key: str) -> Iterator[Answer]:
        """Every item of a list: Airflow gives it by the page, and may have been told to give shorter ones."""
        offset, total = 0, 1
        while offset < total:
            answer = self.call("GET", f"{path}?{urlencode({'limit': _PAGE, 'offset': offset})}")
            yield from answer[key]
            offset, total = offset + len(answer[key]), answer["total_entries"] if answer[key] else 0

    def call(self, method: str, path: str, body: Answer | None = None) -> Answer:
        """What Airflow answers. Raises AirflowError where it refuses, UnreachableError where nobody answers."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._authorization:
            headers["Authorization"] = self._authorization
        data = json.dumps(body).encode() if body is not None else None
        # The scheme is http or https: __init__ takes no other.
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._patience) as response:
                answer: Answer = json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise self._refused(error, f"{method} {path.partition('?')[0]}") from None
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise UntrustedError(f"the certificate of {self.url} is not trusted: {reason.verify_message}") from None
            raise UnreachableError(f"{self.url} does not answer: {reason}") from None
        except ValueError:
            raise AirflowError(f"{self.url}{path.partition('?')[0]} answered something that is not Airflow's") from None
        return answer

    def _refused(self, error: urllib.error.HTTPError, call: str) -> AirflowError:
        with error:
            status, location = error.code, error.headers.get("Location")
            text = error.read(2000).decode(errors="replace")
        if location:
            return AirflowError(f"{self.url} leads on to {location}: give that as --url", status)
        if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT):
            return UnreachableError(f"the load balancer at {self.url} has no Airflow behind it ({status})", status)
        try:
            text = str(json.loads(text)["detail"])
        except (ValueError, KeyError, TypeError):
            text = error.reason
        return AirflowError(f"Airflow answered {status} to {call}: {text}", status)


def _trust(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise OpsError(f"{ca_file} has no certificates in it that can be used: {error}") from None


def _run(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns/{quote(run_id, safe='')}"
