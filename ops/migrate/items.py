"""What is brought from one Airflow to another, whichever version it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ops.errors import OpsError


class Kind(StrEnum):
    """What can be brought, in the words of the command line."""

    CONNECTIONS = "connections"
    VARIABLES = "variables"
    POOLS = "pools"
    USERS = "users"


class NotGivenError(OpsError):
    """An Airflow does not tell what there is of one kind. The message says why."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A connection. What may be secret is in no representation of it."""

    id: str
    type: str
    host: str | None = None
    login: str | None = None
    schema: str | None = None
    port: int | None = None
    description: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: str | None = field(default=None, repr=False)
    password_is_known: bool = True
    """Airflow 2 does not say whether there is a password; Airflow 3 says that, and not which."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable."""

    key: str
    value: str = field(repr=False)
    description: str | None = None
    is_hidden: bool = False
    """Whether stars stand for it, or for a part of it. Airflow 2 hides none from who may read it."""
    rewritten: bool = False
    """Whether it passed through JSON: a number may have been written in another way, as 1.10 becomes 1.1."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A pool."""

    name: str
    slots: int
    description: str = ""
    include_deferred: bool = False


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role, with pairs of action and resource."""

    name: str
    permissions: frozenset[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class User:
    """A user. No Airflow gives a password away."""

    username: str
    email: str
    first_name: str
    last_name: str
    roles: frozenset[str]
    active: bool = True
