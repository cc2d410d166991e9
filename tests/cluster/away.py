"""A data store that is away although its processes are not the session's: this machine refuses its port."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

PORTS = {"database": 5432, "queue": 6379}


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Refuse the port of the ``database`` or the ``queue``, new connections and open ones, while the block runs.

    It needs root, and a data store that listens on this machine.
    """
    rule = ["INPUT", "--protocol", "tcp", "--dport", str(PORTS[what]), "--jump", "REJECT"]
    rule += ["--reject-with", "tcp-reset"]
    _iptables("--insert", *rule)
    try:
        yield
    finally:
        _iptables("--delete", *rule)


def _iptables(*arguments: str) -> None:
    program = shutil.which("iptables") or "/usr/sbin/iptables"
    done = subprocess.run([program, "--wait", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"iptables: {done.stderr.strip()}"
