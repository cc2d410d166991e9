"""The programs that a local platform is made of, where they are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Debian, macOS with Homebrew (Apple silicon, Intel), the PostgreSQL project's own packages. The newest comes first.
_POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/pgsql-*/bin",
)
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin")
_NEEDED_POSTGRES = (13,)
# Airflow's API server prepares statements, and a pooler in transaction mode follows them from this version on.
_NEEDED_PGBOUNCER = (1, 21)
_NEEDED_REDIS = (6,)


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Programs that are there and new enough."""

    postgres: Path | None
    """The folder with PostgreSQL's server programs."""
    pgbouncer: Path | None
    redis: Path | None
    missing: tuple[str, ...]
    """Why one is not: a sentence each."""


def find_programs() -> Programs:
    """Look on the path and where packages put them."""
    missing: list[str] = []
    postgres = _pick("PostgreSQL", "postgres", _postgres(), _NEEDED_POSTGRES, missing)
    return Programs(
        postgres=postgres.parent if postgres else None,
        pgbouncer=_pick("PgBouncer", "pgbouncer", _everywhere("pgbouncer"), _NEEDED_PGBOUNCER, missing),
        redis=_pick("Redis", "redis-server", _redis(), _NEEDED_REDIS, missing),
        missing=tuple(missing),
    )


def _pick(
    title: str, program: str, candidates: Iterator[Path], needed: tuple[int, ...], missing: list[str]
) -> Path | None:
    needs = ".".join(map(str, needed))
    found = ""
    for candidate in candidates:
        version = _version(candidate)
        if version >= needed:
            return candidate
        if version and not found:
            found = f"{title} {'.'.join(map(str, version))} is installed, {needs} or newer is needed"
    missing.append(found or f"{title} ({program} {needs} or newer) is not installed")
    return None


def _postgres() -> Iterator[Path]:
    for program in _everywhere("initdb"):
        yield program.resolve().with_name("postgres")
    for pattern in _POSTGRES_FOLDERS:
        folders = Path("/").glob(pattern.lstrip("/"))
        for folder in sorted(folders, key=lambda each: _numbers(str(each)), reverse=True):
            if (folder / "initdb").exists():
                yield folder / "postgres"


def _redis() -> Iterator[Path]:
    yield from _everywhere("redis-server")
    yield from _everywhere("valkey-server")


def _everywhere(program: str) -> Iterator[Path]:
    for folder in (None, *_SYSTEM_FOLDERS):
        found = shutil.which(program, path=folder)
        if found:
            yield Path(found)


def _version(program: Path) -> tuple[int, ...]:
    try:
        done = subprocess.run(  # noqa: S603 - what was found
            [program, "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except OSError:
        return ()
    found = re.search(r"\d+(\.\d+)+|\b\d+\b", done.stdout)
    return _numbers(found[0]) if found else ()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))
