"""Puts the stand-ins into a folder that comes first on the PATH of the functions."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

_FORWARD = Path(__file__).parent / "forward.py"
REAL_CLUSTER = "SANDBOX_REAL_CLUSTER"


class NoSuchProgramError(RuntimeError):
    """A real program is asked for, and is not there."""


def is_real_cluster() -> bool:
    """Whether ``KUBECONFIG`` and ``SANDBOX_REAL_CLUSTER=1`` ask for a real cluster."""
    return os.environ.get(REAL_CLUSTER) == "1" and bool(os.environ.get("KUBECONFIG"))


def install(folder: Path) -> None:
    """Make the programs. For a real cluster kubectl and helm are the real ones.

    ``aws`` never is: it would ask for a token, and there is no EKS that would know it.
    Raises NoSuchProgramError where a real one is asked for and is not there.
    """
    folder.mkdir(parents=True)
    for program in ("aws", "helm", "kubectl"):
        if is_real_cluster() and program != "aws":
            found = shutil.which(program)
            if found is None:
                raise NoSuchProgramError(f"{REAL_CLUSTER}=1 asks for the real {program}, which is not on PATH")
            (folder / program).symlink_to(found)
        else:
            _write_script(folder / program, program)


def _write_script(path: Path, program: str) -> None:
    """A shell script, because the interpreter's path may be longer than a `#!` line can be."""
    # -I and -S: without the environment's settings and without site packages it starts much faster.
    command = f"{shlex.quote(sys.executable)} -I -S {shlex.quote(str(_FORWARD))} {program}"
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
