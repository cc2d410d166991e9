"""ElastiCache's part that speaks: a Redis of this machine, with TLS and a token.

It does not play: replicas, fail-over, cluster mode, the engine's own limits.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.errors import OpsError
from ops.local.programs import find_programs
from tests.cluster.stand_ins.servers import Server, bound


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What ElastiCache's replication group is called, and its token."""

    names: tuple[str, ...]
    token: str


class Redis(Server):
    """The queue."""

    def become(self, wanted: Queue) -> None:
        """Serve under other names, with another token, and no data."""
        self.stop()
        self.forget()
        self.folder.mkdir(parents=True)
        certificate, key = self.authority.issue("queue", wanted.names)
        lines = [
            f"bind {self.address}", "port 0", f"tls-port {self.port}", f"tls-cert-file {certificate}",
            f"tls-key-file {key}", f"tls-ca-cert-file {self.authority.file}", "tls-auth-clients no",
            f'requirepass "{wanted.token}"', 'save ""', "appendonly yes", "appendfsync always", f"dir {self.folder}",
        ]  # fmt: skip
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text("\n".join([*lines, ""]))
        self.start()

    def start(self) -> None:
        """Start it with the data that it has."""
        program = find_programs().redis
        if program is None:
            raise OpsError("Redis is not installed")
        self.run("queue", [*bound("TERM"), program, self.folder / "redis.conf"])
