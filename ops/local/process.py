"""A program that runs beside this one: it has a log file, and it ends with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ops.errors import OpsError
from ops.local.account import Account, run_as

PATIENCE = 15.0
"""Seconds that a program may take to end."""

_LINES_SHOWN = 12


class Process:
    """A running program. What it writes goes into its log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        whole_group: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self._whole_group = whole_group
        self._patience = patience
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches this program only, which then ends the others in their order.
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                **run_as(account),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise OpsError if it has ended."""
        code = self._process.poll()
        if code is not None:
            raise OpsError(f"{self.name} ended with {code}; {self.log} says:\n{self.last_words()}")

    def wait(self, timeout: float) -> None:
        """Wait until it has done its work. Raises OpsError if that fails."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise OpsError(f"{self.name} is not done after {timeout:.0f} s; {self.log} says why") from None
        if code != 0:
            self.check()

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES_SHOWN:])

    def ask_to_stop(self) -> None:
        """Send it the signal on which it ends well, and to its children where it would wait for them too long."""
        if self._process.poll() is None:
            send = os.killpg if self._whole_group else os.kill
            send(self.pid, self._stop_signal)

    def ended(self, asked: float) -> None:
        """Wait until it has ended, but no longer than it may take since it was asked to."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, asked + self._patience - time.monotonic()))


def stop(processes: Iterable[Process]) -> None:
    """End programs that do not need each other, side by side, and everything that they started."""
    processes = list(processes)
    family = descendants(process.pid for process in processes)
    asked = time.monotonic()
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.ended(asked)
    family |= descendants(process.pid for process in processes)
    _kill(family)
    for process in processes:
        process.ended(time.monotonic())


def kill_children() -> None:
    """End whatever this program has started and not ended yet."""
    family = descendants([os.getpid()])
    del family[os.getpid()]
    _kill(family)


def descendants(roots: Iterable[int]) -> dict[int, str]:
    """Processes below these and they themselves, with the time of their start, which tells a reused id apart."""
    table = _table()
    children = defaultdict(list)
    for pid, (parent, _) in table.items():
        children[parent].append(pid)
    found, waiting = {}, [pid for pid in roots if pid in table]
    while waiting:
        pid = waiting.pop()
        found[pid] = table[pid][1]
        waiting += children[pid]
    return found


def _kill(family: Mapping[int, str]) -> None:
    table = _table()
    for pid, started in family.items():
        if pid in table and table[pid][1] == started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _table() -> dict[int, tuple[int, str]]:
    """Parent and start of every process that is not dead already."""
    if Path("/proc/self/stat").exists():
        return dict(_linux())
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="],  # noqa: S607 - wherever it is
        capture_output=True, text=True, check=True, timeout=10
    )  # fmt: skip
    rows = (line.split(None, 3) for line in listing.stdout.splitlines())
    return {int(pid): (int(parent), started) for pid, parent, state, started in rows if not state.startswith("Z")}


def _linux() -> Iterable[tuple[int, tuple[int, str]]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it has just ended
            # The name, in parentheses, may hold anything; after it come state, parent, and 17 fields on the start.
            state, parent, *rest = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if state != "Z":
                yield int(folder.name), (int(parent), rest[17])
