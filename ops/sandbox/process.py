"""The sandbox as a process of its own: started, waited for, ended; and the environment for what runs in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops.sandbox.aws import FAKE_ACCESS_KEY, FAKE_SECRET_KEY

_ROOT = Path(__file__).parents[2]
_NOT_INHERITED = ("AWS_", "CDK_")
_NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
_LOOPBACK_ONLY = Path(__file__).parent / "lambda_runtime" / "loopback.js"


def forget_credentials() -> None:
    """Take credentials, profile and endpoint out of this process's environment, and the person's files out of sight.

    What is started from here on inherits none of them.
    """
    for name in [name for name in os.environ if name.startswith(_NOT_INHERITED)]:
        del os.environ[name]
    os.environ |= _NO_FILES


class SandboxError(RuntimeError):
    """The sandbox could not be started."""


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A running sandbox."""

    endpoint: str
    state: Path

    def environment(self, region: str) -> dict[str, str]:
        """The environment for a program that is to see this AWS, and no other.

        Whatever credentials, profile or endpoint there are in this process's environment are left out.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        home = self.state / "home"
        home.mkdir(exist_ok=True)
        return {
            **inherited,
            # The programs of the interpreter that runs this: python, node, cdk.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "AWS_ACCESS_KEY_ID": FAKE_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": FAKE_SECRET_KEY,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.endpoint,
            **_NO_FILES,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_HOME": str(home),
            "NODE_OPTIONS": f'--require "{_LOOPBACK_ONLY}"',
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "SANDBOX_PORT": str(urlsplit(self.endpoint).port),
        }


@contextmanager
def sandbox(state: Path) -> Iterator[Sandbox]:
    """A sandbox with an empty AWS in it, for as long as the block runs. ``state`` must be a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((*_NOT_INHERITED, "MOTO_"))}
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "ops.sandbox.server", "--state", str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env={**inherited, **_NO_FILES},
        text=True,
        # Ctrl-C is for whoever started it: it is ended in order below.
        start_new_session=True,
    )
    try:
        line = process.stdout.readline().split() if process.stdout else []
        if len(line) != 2 or line[0] != "ready":  # noqa: PLR2004 - the word and the endpoint
            raise SandboxError(f"the in-memory AWS did not start; {state / 'server.log'} may say why")
        yield Sandbox(endpoint=line[1], state=state)
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
