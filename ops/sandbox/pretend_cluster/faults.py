"""Faults that a test asks for: calls that fail although nothing is wrong with them."""

from __future__ import annotations

from pathlib import Path

from ops.sandbox.pretend_cluster.state import RefusedError

_FILE = "faults.txt"


def check(folder: Path, call: str) -> None:
    """Raise RefusedError for a call that is to fail."""
    file = folder / _FILE
    if file.exists() and call in file.read_text(encoding="utf-8").splitlines():
        raise RefusedError(f"{call}: a fault that a test asked for")


def ask_for(folder: Path, *calls: str) -> None:
    """Let these calls fail from now on, and no others: ``kubectl apply ConfigMap airflow/x``, ``helm upgrade keda``."""
    (folder / _FILE).write_text("\n".join(calls), encoding="utf-8")
