"""The user that database and pooler run as: both refuse to run as root, as which a container runs everything."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ops.errors import OpsError

_NAMES = ("postgres", "nobody")


class Options(TypedDict, total=False):
    """Arguments of subprocess."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user without rights."""

    uid: int
    gid: int

    def give(self, *paths: Path) -> None:
        """Make files and folders this user's."""
        for path in paths:
            shutil.chown(path, self.uid, self.gid)


def run_as(account: Account | None) -> Options:
    """How subprocess starts a program as this user."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def unprivileged() -> Account | None:
    """Whom to run as instead of root; None for everybody else."""
    if os.geteuid() != 0:
        return None
    for name in _NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise OpsError("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
