"""Where things are on this machine, put into what was written for the cluster. All else of it stays as it is."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ops.errors import OpsError

HOST = "127.0.0.1"

_SERVER = re.compile(r"\bhost=\S+ port=\d+")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Ports on the loopback address. 0 stands for any that is free."""

    web: int = 8080
    database: int = 15432
    pooler: int = 16543
    broker: int = 16379
    logs: int = 0
    """Where the log of a task that still runs is read: nobody types it."""

    def taken(self) -> Ports:
        """The same, with a free port for each 0. Raises OpsError at one that is in use."""
        with ExitStack() as stack:
            return replace(
                self, **{field.name: _free(getattr(self, field.name), field.name, stack) for field in fields(self)}
            )


def _free(port: int, name: str, stack: ExitStack) -> int:
    # All stay bound until each has one: no free port is given away twice.
    listener = stack.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # Two that are bound and do not listen may share a port.
        listener.listen(1)
    except OSError as error:
        raise OpsError(f"port {port} is taken ({error.strerror}); choose another one: --{name}-port") from None
    chosen: int = listener.getsockname()[1]
    return chosen


def local_url(url: str, port: int, *, scheme: str | None = None, path: str | None = None) -> str:
    """A connection string with this machine's address; with another scheme it loses what is about TLS as well."""
    parts = urlsplit(url)
    login, _, _ = parts.netloc.rpartition("@")
    parts = parts._replace(netloc=f"{login}@{HOST}:{port}")
    if scheme:
        parts = parts._replace(scheme=scheme, query="")
    if path:
        parts = parts._replace(path=path)
    return urlunsplit(parts)


def database_name(pgbouncer_ini: str) -> str:
    """The database behind the pooler."""
    names: set[str] = set(re.findall(r"\bdbname=(\S+)", pgbouncer_ini))
    if len(names) != 1:
        raise OpsError(f"pgbouncer.ini names {len(names)} databases; one is what works here")
    return names.pop()


def local_pgbouncer(ini: str, *, ports: Ports, folder: Path, authority: Path) -> str:
    """pgbouncer.ini with this machine's addresses and files."""
    here = {
        "listen_addr": HOST,
        "listen_port": str(ports.pooler),
        "auth_file": str(folder / "users.txt"),
        "unix_socket_dir": "",
    }
    if re.search(r"^server_tls_ca_file\b", ini, re.MULTILINE):
        here["server_tls_ca_file"] = str(authority)
    lines = []
    for line in _SERVER.sub(f"host={HOST} port={ports.database}", ini).splitlines():
        key = line.partition("=")[0].strip()
        lines.append(f"{key} = {here.pop(key)}" if key in here else line)
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in here.items()), ""])
