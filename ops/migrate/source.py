"""The Airflow that things are brought from: which version it is, and how it lets somebody in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from packaging.version import InvalidVersion, Version

from ops.airflow_api import AirflowApi, AirflowError, UntrustedError
from ops.errors import OpsError
from ops.migrate.items import Connection, Pool, Role, User, Variable
from ops.migrate.source_v1 import SourceV1
from ops.migrate.source_v2 import SourceV2

OLDEST = Version("2.3.0")
"""Its REST API has every field that is asked for here."""
# Somebody's Airflow may be busy, and a list of a hundred connections is decrypted one by one.
_PATIENCE_SECONDS = 90
_EXPORT = "Or bring each kind by an export that is piped in: --from-stdin, see docs/migrate.md."
_NO_API = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


@dataclass(frozen=True, kw_only=True)
class Access:
    """With what somebody signs in: a token, or a name and a password."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


class Source(Protocol):
    """What an Airflow tells, whatever its version."""

    def connections(self) -> Iterable[Connection]:
        """Every connection of the metadata database."""

    def variables(self) -> Iterable[Variable]:
        """Every variable of the metadata database."""

    def pools(self) -> Iterable[Pool]:
        """Every pool."""

    def users(self) -> Iterable[User]:
        """Every user."""

    def roles(self) -> Iterable[Role]:
        """Every role."""


def open_source(url: str, access: Access, *, ca_file: Path | None = None) -> tuple[Source, Version]:
    """Sign in. Raises OpsError where nobody answers, or it is no Airflow, or one that is too old, or it refuses."""
    api = AirflowApi(url, ca_file=ca_file, patience=_PATIENCE_SECONDS)
    version = _version(api)
    if version < OLDEST:
        raise OpsError(f"{url} is Airflow {version}: {OLDEST} is the oldest that can be read. Upgrade it first.")
    with in_words(url, version):
        if access.token:
            api.use_token(access.token)
        elif version.major >= 3:  # noqa: PLR2004 - Airflow 3
            api.sign_in(access.username, access.password)
        else:
            api.use_password(access.username, access.password)
    return (SourceV2(api) if version.major >= 3 else SourceV1(api)), version  # noqa: PLR2004 - Airflow 3


@contextmanager
def in_words(url: str, version: Version) -> Iterator[None]:
    """What a refusal means. Raises OpsError instead of AirflowError."""
    try:
        yield
    except AirflowError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            backend = (
                " By default Airflow 2 lets only browsers in: `[api] auth_backends` must name "
                "airflow.api.auth.backend.basic_auth (with the FAB provider "
                "airflow.providers.fab.auth_manager.api.auth.backend.basic_auth)."
                if version.major < 3  # noqa: PLR2004 - Airflow 3
                else ""
            )
            raise OpsError(f"{url} refuses this user and password, or this token (401).{backend} {_EXPORT}") from None
        if error.status == HTTPStatus.FORBIDDEN:
            or_password = " (Airflow 2 says the same of a wrong password)" if version.major < 3 else ""  # noqa: PLR2004
            raise OpsError(
                f"{url}: {error}. Give a user whose role may read it, as Admin may{or_password}. {_EXPORT}"
            ) from None
        raise


def _version(api: AirflowApi) -> Version:
    try:
        told = _told_version(api)
        return Version(told)
    except UntrustedError as error:
        raise OpsError(f"{error}. Give the authority that signed it: --ca-file FILE") from None
    except (InvalidVersion, KeyError, TypeError):
        raise OpsError(f"{api.url} says no version that is one of Airflow's") from None
    except AirflowError as error:
        if error.status in _NO_API:
            raise OpsError(
                f"{api.url} has no REST API of Airflow 2 or 3 ({error}). Is it the URL of the user interface, with its "
                "path? Airflow 1.10 is too old."
            ) from None
        raise


def _told_version(api: AirflowApi) -> str:
    try:
        return api.version()
    except AirflowError as error:
        if error.status not in _NO_API:
            raise
    told: str = api.call("GET", "/api/v1/version")["version"]
    return told
