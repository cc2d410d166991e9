"""The askpass sidecar as a process, and a repository that it signs for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.charts.codecommit import REPOSITORY, CodeCommit, Sidecar, git, serving


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Any]:
    started: list[Sidecar] = []

    def start(**environment: str) -> Sidecar:
        started.append(Sidecar(tmp_path, **environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def codecommit(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """Serve a repository with one DAG in it, to which one can push; its clock can be set."""
    work, bare = tmp_path / "work", tmp_path / "served" / REPOSITORY.lstrip("/")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(work))
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]

    def push(text: str) -> str:
        """Push a version of the DAG and give its commit."""
        (work / "hello.py").write_text(text)
        git(tmp_path, "-C", str(work), "add", "hello.py")
        git(tmp_path, *author, "-C", str(work), "commit", "--quiet", "--message=A DAG")
        pushed = git(tmp_path, "-C", str(work), "push", "--quiet", str(bare), "main")
        assert pushed.returncode == 0, pushed.stderr
        return git(tmp_path, "-C", str(work), "rev-parse", "HEAD").stdout.strip()

    push("print('hello')\n")
    served = type("Served", (CodeCommit,), {"root": tmp_path / "served"})
    with serving(served) as server:
        yield SimpleNamespace(url=f"{server.url}{REPOSITORY}", handler=served, push=push)
