"""One process that runs a function: started once, it handles event after event, as a container of AWS does."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an invocation ended: with the function's result, or with the error that it raised."""

    payload: str
    is_error: bool
    log: str


def runtime_command(runtime: str) -> list[str]:
    """The program that loads the handler. Raises ValueError for a runtime that is not known."""
    if runtime.startswith("python"):
        return [sys.executable, str(_HERE / "bootstrap.py")]
    if runtime.startswith("nodejs"):
        return [_node(), "--require", str(_HERE / "loopback.js"), str(_HERE / "bootstrap.js")]
    raise ValueError(f"the Lambda runtime {runtime} is not known to the sandbox")


@cache
def _node() -> str:
    """The program itself: what is on PATH may be a script that starts it, which takes time and is one process more."""
    node = shutil.which("node")
    if node is None:
        raise ValueError("there is no `node` on PATH")
    found = subprocess.run([node, "-p", "process.execPath"], capture_output=True, text=True, check=True)  # noqa: S603
    return found.stdout.strip()


class Worker:
    """A process with a handler in it. Not to be used by two threads at once."""

    def __init__(self, *, runtime: str, code: Path, handler: str, folder: Path, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True)
        self._log_file = folder / "output.log"
        self._log_position = 0
        self._results, result_end = os.pipe()
        os.set_inheritable(result_end, True)
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*runtime_command(runtime), str(code), handler, str(result_end)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=dict(environment),
                pass_fds=(result_end,),
                # Ctrl-C is for whoever started the sandbox: the server ends its workers itself.
                start_new_session=True,
            )
        os.close(result_end)

    @property
    def is_alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def invoke(self, event: Any, context: Mapping[str, str], *, timeout_seconds: float) -> Outcome:
        """Handle an event."""
        line = json.dumps({"event": event, "context": dict(context)}) + "\n"
        try:
            stdin = self._process.stdin
            if stdin is None:  # pragma: no cover - it was asked for
                raise RuntimeError("no pipe to the function")
            stdin.write(line.encode())
            stdin.flush()
            answer = self._read_line(timeout_seconds)
        except BrokenPipeError:
            answer = b""
        if answer is None:
            self.stop()
            return self._error("Sandbox.Timedout", f"Task timed out after {timeout_seconds:g} seconds")
        if not answer:
            self._process.wait()
            return self._error("Runtime.ExitError", f"Runtime exited with status {self._process.returncode}")
        result = json.loads(answer)
        return Outcome(
            payload=json.dumps(result.get("error", result.get("value"))),
            is_error="error" in result,
            log=self._new_log(),
        )

    def stop(self) -> None:
        """End the process."""
        if self.is_alive:
            # With all that it started: a program that hangs would outlive it.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        if self._results >= 0:
            os.close(self._results)
            self._results = -1

    def _read_line(self, timeout_seconds: float) -> bytes | None:
        """The next line of results; nothing where the process has ended, None where time is up."""
        received = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._results, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if not selector.select(timeout_seconds):
                    return None
                chunk = os.read(self._results, _CHUNK)
                if not chunk:
                    return b""
                received += chunk
        return received

    def _error(self, type_: str, message: str) -> Outcome:
        payload = json.dumps({"errorType": type_, "errorMessage": message})
        return Outcome(payload=payload, is_error=True, log=f"{self._new_log()}{message}\n")

    def _new_log(self) -> str:
        with self._log_file.open("rb") as log:
            log.seek(self._log_position)
            new = log.read()
        self._log_position += len(new)
        return new.decode(errors="replace")
