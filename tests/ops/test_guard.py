"""What is foreseeable ends every command with one line and a code: Ctrl-C, an output that is closed or full."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner, Result

from ops.commands import app

PROJECT = Path(__file__).parents[2]
COMMANDS = {each.callback.__name__.replace("_", "-"): each for each in app.registered_commands if each.callback}
FAULTS: dict[str, tuple[BaseException, int, str]] = {
    "Ctrl-C": (KeyboardInterrupt(), 130, "stopped\n"),
    "closed": (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
    "full": (
        OSError(errno.ENOSPC, "No space left on device"),
        2,
        "the output cannot be written: No space left on device\n",
    ),
    "full folder": (
        OSError(errno.ENOSPC, "No space left on device", "cdk.out/x.json"),
        2,
        "cdk.out/x.json cannot be written: No space left on device\n",
    ),
}
GUARDED = "from ops.guard import guarded\nwith guarded():\n    {}\n"
HELP = f"{sys.executable} -m ops --help"


def run(command: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Type a command, in which something goes wrong at once."""

    def fail() -> NoReturn:
        raise error

    monkeypatch.setattr(COMMANDS[command], "name", command)
    monkeypatch.setattr(COMMANDS[command], "callback", fail)
    return CliRunner().invoke(app, [command])


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def python(statement: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a statement within the guard, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", GUARDED.format(statement)],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_ends_with_one_line(command: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error, code, message = FAULTS[fault]
    done = run(command, error, monkeypatch)
    assert (done.exit_code, done.stderr) == (code, message)


def test_a_mistake_in_the_program_is_still_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(run("status", RuntimeError("a mistake"), monkeypatch).exception, RuntimeError)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_output_that_is_full() -> None:
    done = shell(f"{HELP} >/dev/full")
    assert (done.returncode, done.stderr) == (2, "the output cannot be written: No space left on device\n")


def test_an_output_that_is_closed() -> None:
    done = shell(f"{HELP} >&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_who_reads_no_further_hears_nothing() -> None:
    """Python writes what is left in a buffer after all is over, when nobody can catch what comes of it."""
    late = GUARDED.format("import time; time.sleep(0.5); print(1)")
    done = shell(f"{sys.executable} -c '{late}' | true")
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "- -> ... ? ?"), ("latin-1", "· -> ... ? ?"), ("utf-8", "· → … 数 ?")]
)
def test_a_plain_terminal_gets_plain_signs(encoding: str, shown: str) -> None:
    signs = "print(chr(0xb7), chr(0x2192), chr(0x2026), chr(0x6570), chr(0xdc80))"
    done = python(signs, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout.decode(encoding).strip()) == (0, shown)


def test_ctrl_c_while_it_is_being_loaded() -> None:
    done = python("import os; os.kill(os.getpid(), 2)")
    assert (done.returncode, done.stderr) == (130, b"stopped\n")


def test_the_guard_is_there_before_all_that_takes_time() -> None:
    loaded = shell(f"{sys.executable} -c 'import sys, ops.__main__; print(*sys.modules)'").stdout.split()
    assert "ops.guard" in loaded
    assert not {"pydantic", "boto3", "typer", "settings"} & set(loaded)
