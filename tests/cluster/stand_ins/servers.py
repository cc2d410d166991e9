"""A server program of this machine that ends with the session, however that ends."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path

from ops.local.process import Process, stop
from ops.local.servers import wait_for
from tests.cluster.stand_ins.authority import Authority


def bound(signal_name: str) -> list[str]:
    """A program that is to end with this one, also where this one is killed."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", signal_name] if setpriv else []


def _answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


class Server:
    """A server with a folder of its own."""

    def __init__(self, *, address: str, port: int, authority: Authority, folder: Path) -> None:
        self.address, self.port, self.authority, self.folder = address, port, authority, folder
        self._process: Process | None = None

    def stop(self) -> None:
        """End it; connections break."""
        if self._process is not None:
            stop([self._process])
            self._process = None

    def forget(self) -> None:
        """Forget its data."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def ready(self) -> bool:
        """Whether it takes clients."""
        return _answers(self.address, self.port)

    def run(self, name: str, command: list[str | Path], **options: object) -> None:
        self._process = Process(
            name,
            command,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            folder=Path("/"),
            log=self.folder.parent / f"{name}.log",
            **options,  # type: ignore[arg-type]
        )
        wait_for(self._process, self.ready)
