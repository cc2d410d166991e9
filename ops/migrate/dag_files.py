"""DAG files that are in no repository: one commit on top of what the deployment's branch has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ops.aws import Aws
from ops.errors import OpsError
from ops.migrate.git import Git
from ops.migrate.plan import Planned, State, Thing
from settings.dags import DagSettings

_KIND = "DAG files"
_NOT_BROUGHT = ("__pycache__", ".git")
_SHOWN = 5


def plan(git: Git, folder: Path, *, told: str, target: str, settings: DagSettings, overwrite: bool) -> Planned:
    """What there is to do about all of them. A file that only the deployment has stays."""
    branch = f"refs/heads/{settings.branch}"
    git.run("init", "--quiet", ".")
    git.run("fetch", "--quiet", target, "+refs/heads/*:refs/there/*", what=f"read the deployment's repository {target}")
    if git.refs(f"refs/there/{settings.branch}"):
        git.run("reset", "--quiet", "--hard", f"refs/there/{settings.branch}")
    files = sorted(_files(folder))
    if not files:
        raise OpsError(f"{told} has no files in it")
    other = [each for each in files if _differs(folder / each, git.folder / settings.subdirectory / each)]
    thing = Thing(
        kind=_KIND,
        name=f"{len(files)} files",
        make=lambda: git.run("push", "--quiet", target, f"HEAD:{branch}", what=f"push {settings.branch}"),
        change=lambda: git.run("push", "--quiet", target, f"HEAD:{branch}", what=f"push {settings.branch}"),
    )
    if other and not overwrite:
        names = ", ".join(map(str, other[:_SHOWN])) + (" …" if len(other) > _SHOWN else "")
        return thing.planned(State.CONFLICT, f"{len(other)} are other ones in the deployment: {names} (--overwrite)")
    for each in files:
        copy = git.folder / settings.subdirectory / each
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / each, copy)
    # What is brought is brought, whatever a .gitignore among it says.
    git.run("add", "--all", "--force", ".")
    if git.succeeds("rev-parse", "--verify", "--quiet", "HEAD") and git.succeeds("diff", "--cached", "--quiet"):
        return thing.planned(State.SAME)
    git.commit(f"DAGs of {told}")
    return thing.planned(State.CHANGED if other else State.NEW, f"one commit on {settings.branch}")


def download(aws: Aws, bucket: str, prefix: str, folder: Path) -> None:
    """Fetch what a bucket has under a prefix. botocore's errors pass."""
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    for each in aws.pages("s3", "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix):
        relative = Path(each["Key"].removeprefix(prefix))
        if each["Key"].endswith("/") or relative.is_absolute() or ".." in relative.parts:
            continue
        file = folder / relative
        file.parent.mkdir(parents=True, exist_ok=True)
        aws.client("s3").download_file(bucket, each["Key"], str(file))
    folder.mkdir(exist_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        relative = file.relative_to(folder)
        if file.is_file() and not set(relative.parts) & set(_NOT_BROUGHT) and file.suffix != ".pyc":
            yield relative


def _differs(file: Path, there: Path) -> bool:
    return there.exists() and (not there.is_file() or file.read_bytes() != there.read_bytes())
