"""Puts the stand-ins into a folder that comes first on the PATH of the functions."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

FORWARD = Path(__file__).parent / "forward.py"
REAL_CLUSTER = "SANDBOX_REAL_CLUSTER"


class RealClusterError(RuntimeError):
    """A real cluster is asked for, and something for it is missing."""


def is_real_cluster() -> bool:
    """Whether ``SANDBOX_REAL_CLUSTER=1`` asks for the cluster that ``KUBECONFIG`` names. Raises RealClusterError."""
    if os.environ.get(REAL_CLUSTER) != "1":
        return False
    if not Path(os.environ.get("KUBECONFIG", "")).is_file():
        raise RealClusterError(f"{REAL_CLUSTER}=1 asks for a real cluster, and KUBECONFIG names no file")
    return True


def install(folder: Path) -> None:
    """Make the programs. For a real cluster kubectl and helm are the real ones.

    ``aws`` never is: it would ask for a token, and there is no EKS that would know it.
    Raises RealClusterError where one of them is not there.
    """
    folder.mkdir(parents=True)
    for program in ("aws", "helm", "kubectl"):
        if is_real_cluster() and program != "aws":
            _write_script(folder / program, _real(program))
        else:
            # -I and -S: without the environment's settings and without site packages it starts much faster.
            command = f"{shlex.quote(sys.executable)} -I -S {shlex.quote(str(FORWARD))} {program}"
            _write_script(folder / program, f'exec {command} "$@"')


def _real(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise RealClusterError(f"{REAL_CLUSTER}=1 asks for the real {program}, which is not on PATH")
    # The password for a registry comes from AWS, of which there is none: charts are pulled as anybody may pull them.
    no_login = 'if [ "$1" = registry ]; then cat > /dev/null; exit 0; fi\n' if program == "helm" else ""
    return f'{no_login}exec {shlex.quote(found)} "$@"'


def _write_script(path: Path, body: str) -> None:
    """A shell script, because the interpreter's path may be longer than a `#!` line can be."""
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
