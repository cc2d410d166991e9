"""Programs that run in the sandbox's environment: shown as they go, and ended with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_SECONDS_TO_END = 5


def run(command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> int:
    """Run a program with this process's input and output, and give its exit code.

    When this process is interrupted, the program and all that it started are ended first.
    """
    process = subprocess.Popen(  # noqa: S603 - the callers' own commands
        command,
        env=dict(environment),
        cwd=folder,
        # A process group of its own: cdk starts a shell that starts the application, and all of them have to go.
        start_new_session=True,
    )
    try:
        return process.wait()
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    for end in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, end)
            process.wait(timeout=_SECONDS_TO_END)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
