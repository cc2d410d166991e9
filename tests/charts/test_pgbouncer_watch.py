"""The program that runs PgBouncer, with a stand-in for it that says which signals it gets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from charts.airflow import pgbouncer
from tests.support.mounted import Mounted

SCRIPT = Path(pgbouncer.__file__).with_name("pgbouncer_watch.sh")
FILES = {"pgbouncer.ini": "[pgbouncer]\n", "users.txt": '"a" "old"\n', "ca.pem": "CA\n"}
PAUSE = "0.05"
PATIENCE = 10

# Not a shell: it could not trap INT, which a shell has its background programs ignore. PgBouncer can.
STAND_IN = f"""#!{sys.executable}
import os, signal, sys, time

def say(text):
    with open(os.environ["LOG"], "a") as log:
        log.write(text + "\\n")

signal.signal(signal.SIGHUP, lambda *_: say("HUP"))
signal.signal(signal.SIGINT, lambda *_: (say("INT"), os._exit(7)))
signal.signal(signal.SIGTERM, lambda *_: (say("TERM"), os._exit(8)))
say(" ".join(sys.argv[1:]))
while not os.path.exists(os.environ["LOG"] + ".die"):
    time.sleep(0.02)
sys.exit(3)
"""


@pytest.fixture
def mounted(tmp_path: Path) -> Mounted:
    return Mounted(tmp_path / "files", FILES)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


@contextmanager
def running(mounted: Mounted, log: Path) -> Iterator[subprocess.Popen[str]]:
    programs = log.parent / "bin"
    programs.mkdir()
    (programs / "pgbouncer").write_text(STAND_IN)
    (programs / "pgbouncer").chmod(0o755)
    environment = {"PATH": f"{programs}{os.pathsep}{os.defpath}", "LOG": str(log)}
    with subprocess.Popen(
        ["sh", str(SCRIPT), str(mounted.path), PAUSE], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert eventually(lambda: lines(log) == [f"{mounted.path}/pgbouncer.ini"])
            yield process
        finally:
            log.with_name("log.die").touch()


@pytest.mark.parametrize("name", FILES)
def test_a_replaced_file_is_read_again_once(mounted: Mounted, log: Path, name: str) -> None:
    with running(mounted, log):
        mounted.replace({**FILES, name: "new\n"})
        assert eventually(lambda: lines(log)[1:] == ["HUP"])
        time.sleep(10 * float(PAUSE))
        assert lines(log)[1:] == ["HUP"]
        mounted.replace(FILES)
        assert eventually(lambda: lines(log)[1:] == ["HUP", "HUP"])


def test_the_same_files_again_are_no_change(mounted: Mounted, log: Path) -> None:
    with running(mounted, log):
        mounted.replace(FILES)
        time.sleep(10 * float(PAUSE))
        assert lines(log)[1:] == []


@pytest.mark.parametrize("given", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_as_soon_as_transactions_are_done_and_says_how(
    mounted: Mounted, log: Path, given: signal.Signals
) -> None:
    with running(mounted, log) as process:
        process.send_signal(given)
        assert process.wait(PATIENCE) == 7
        assert lines(log)[1:] == ["INT"]


def test_it_does_not_outlive_the_pooler(mounted: Mounted, log: Path) -> None:
    with running(mounted, log) as process:
        log.with_name("log.die").touch()
        assert process.wait(PATIENCE) == 3
