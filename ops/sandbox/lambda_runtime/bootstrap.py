"""The Python runtime: loads a handler, and handles the events that come in, a JSON line each.

It runs in a process of its own: ``bootstrap.py <folder of the code> <module.function> <file descriptor for results>``.
"""

from __future__ import annotations

import importlib
import importlib.util
import ipaddress
import json
import os
import subprocess
import sys
import traceback
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_STAND_INS = ("aws", "helm", "kubectl")


def _refuse_the_world(event: str, arguments: tuple[Any, ...]) -> None:
    """Let no connection leave this machine. An audit hook sees those of every library."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = arguments[1][0]
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise PermissionError(f"the sandbox talks to nothing but loopback, and {host} is not that")


def _answer_on_loopback() -> None:
    """Send what goes to CloudFormation, by HTTPS on loopback, to the sandbox, which speaks HTTP."""

    class Loopback(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            server = f"http://127.0.0.1:{os.environ['SANDBOX_PORT']}"
            req.full_url = req.full_url.replace("https://127.0.0.1", server, 1)
            return self.parent.open(req)

    urllib.request.install_opener(urllib.request.build_opener(Loopback))


def _call_stand_ins_directly(path: str) -> None:
    """Answer what the CDK's handlers ask of a stand-in without two processes for each."""
    spec = importlib.util.spec_from_file_location("forward", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    start = subprocess.check_output

    def check_output(command: list[str], *, cwd: str | None = None, **options: Any) -> Any:
        if command[0] not in _STAND_INS:
            return start(command, cwd=cwd, **options)
        code, output = module.forward([each.encode() for each in command], os.fsencode(cwd or Path.cwd()))
        if code:
            raise subprocess.CalledProcessError(code, command, output)
        return output

    def check_call(command: list[str], **options: Any) -> int:
        sys.stdout.write(check_output(command, **options).decode())
        return 0

    # They ask in these two ways alone, but for the login to a registry, which is a pipe of two programs.
    subprocess.check_output, subprocess.check_call = check_output, check_call  # type: ignore[assignment]


def main() -> None:
    """Handle events until there are no more."""
    folder, handler, results = sys.argv[1], sys.argv[2], os.fdopen(int(sys.argv[3]), "w")
    sys.addaudithook(_refuse_the_world)
    sys.path.insert(0, folder)
    _answer_on_loopback()
    if "SANDBOX_FORWARD" in os.environ:
        _call_stand_ins_directly(os.environ["SANDBOX_FORWARD"])
    module, _, function = handler.rpartition(".")
    handle = getattr(importlib.import_module(module.replace("/", ".")), function)
    # The CDK's handlers put the folders of their layers first; the programs of the sandbox stand for the layers.
    os.environ["PATH"] = os.pathsep.join((os.environ["SANDBOX_PROGRAMS"], os.environ["PATH"]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": handle(request["event"], SimpleNamespace(**request["context"]))}
            text = json.dumps(answer)
        except Exception as error:
            traceback.print_exc()
            trace = traceback.format_exc().splitlines()
            text = json.dumps(
                {"error": {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": trace}}
            )
        sys.stdout.flush()
        results.write(text + "\n")
        results.flush()


if __name__ == "__main__":
    main()
