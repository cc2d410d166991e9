"""git, as this command runs it: in a folder of its own, and never with a question that nobody would see."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from ops.errors import OpsError

_IDENTITY = {"name": "ops migrate", "email": "ops-migrate@localhost"}
"""Who commits, where the person at the keyboard has told git no name."""


class Git:
    """One repository."""

    def __init__(self, folder: Path) -> None:
        """Raises OpsError where there is no git."""
        if shutil.which("git") is None:
            raise OpsError("git is needed for --dags-from, and is not on the PATH: install it")
        self.folder = folder
        # git finds the helper for codecommit:: beside the Python that runs, activated or not.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        batch = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
        self._environment = {**batch, **os.environ, "PATH": path, "LC_ALL": "C"}
        for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # those of a hook that runs this
            self._environment.pop(variable, None)

    def run(self, *arguments: str, what: str = "") -> str:
        """What a command prints. Raises OpsError with its last words where it fails; ``what`` says what it was for."""
        done = self._call(arguments)
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
            said = next((line for line in told if line.startswith(("fatal:", "error:", " ! "))), told[-1])
            raise OpsError(f"git cannot {what or arguments[0]}: {said.strip()}")
        return done.stdout.decode(errors="replace").strip()

    def succeeds(self, *arguments: str) -> bool:
        """Whether a command that answers yes or no says yes."""
        return self._call(arguments).returncode == 0

    def refs(self, prefix: str) -> dict[str, str]:
        """Names that begin so, and what they stand for."""
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)", prefix).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def commit(self, message: str) -> None:
        """Commit what is staged."""
        known = self.succeeds("config", "user.email")
        identity = [] if known else [word for key, each in _IDENTITY.items() for word in ("-c", f"user.{key}={each}")]
        self.run(*identity, "commit", "--quiet", "--message", message, what="commit")

    def unpack(self, revision: str, folder: Path) -> None:
        """Write the files of a revision into a folder."""
        archive = self.folder / "files.tar"
        self.run("archive", "--format=tar", f"--output={archive}", revision)
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
        archive.unlink()

    def _call(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 - git, with arguments of our own
            ["git", *arguments],  # noqa: S607 - whichever git the person uses
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
