"""Faults that a test asks for: calls that fail although nothing is wrong with them."""

from __future__ import annotations

from pathlib import Path

from ops.sandbox.pretend_cluster.state import RefusedError

_FILE = "faults.txt"


def is_asked(folder: Path, call: str) -> bool:
    """Whether a test asked for it."""
    file = folder / _FILE
    return file.exists() and call in file.read_text(encoding="utf-8").splitlines()


def check(folder: Path, call: str) -> None:
    """Raise RefusedError for a call that is to fail."""
    if is_asked(folder, call):
        raise RefusedError(f"{call}: a fault that a test asked for")


def ask_for(folder: Path, *calls: str) -> None:
    """Let these fail from now on, and no others: ``kubectl apply ConfigMap airflow/x``, ``helm upgrade keda``.

    ``create Queue`` lets CloudFormation fail with the resource of this logical id.
    """
    (folder / _FILE).write_text("\n".join(calls), encoding="utf-8")
