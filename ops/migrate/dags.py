"""DAGs: from a git repository, a folder or Amazon S3, into the repository that the deployment reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops.errors import OpsError
from ops.migrate import airflow3, dag_files, dag_refs
from ops.migrate.git import Git
from ops.migrate.plan import Planned
from ops.migrate.target import Target

_S3 = "s3"


@dataclass(frozen=True, kw_only=True)
class DagSource:
    """Where the DAGs are."""

    place: str
    branch: str | None
    profile: str | None = None


def plan(source: DagSource, target: Target, work: Path) -> Iterator[Planned]:
    """What there is to do, and before that what Airflow 3 has against the DAGs. ``work`` is an empty folder.

    Raises OpsError where the source cannot be read, or the deployment's DAGs are not in a repository of its own.
    """
    settings = target.settings.dags
    url = repository_url(target, source.profile)
    git, checked = Git(work / "repository"), work / "files"
    git.folder.mkdir()
    checked.mkdir()
    folder = _folder(source, target, work)
    if folder is None:
        planned = list(
            dag_refs.plan(
                git,
                place=source.place,
                branch=source.branch,
                target=url,
                read=settings.branch,
                overwrite=target.overwrite,
            )
        )
        revision = f"refs/heads/{source.branch or settings.branch}"
        if git.succeeds("rev-parse", "--verify", "--quiet", revision):
            git.unpack(revision, checked)
    else:
        planned = [
            dag_files.plan(git, folder, told=source.place, target=url, settings=settings, overwrite=target.overwrite)
        ]
        checked = folder
    yield from airflow3.findings(checked / settings.subdirectory if folder is None else checked)
    yield from planned


def repository_url(target: Target, profile: str | None) -> str:
    """The deployment's repository, as git-remote-codecommit takes it: signed with the caller's own identity."""
    git = target.settings.dags.git
    if git is not None:
        raise OpsError(
            f"the deployment reads its DAGs from {git.url} (dags.git.url): push them there. "
            "Nothing has to be brought where that is the repository that they are in already"
        )
    name = target.stack.output("DagRepositoryUrl").rpartition("/")[2]
    return f"codecommit::{target.aws.region}://{f'{profile}@' if profile else ''}{name}"


def _folder(source: DagSource, target: Target, work: Path) -> Path | None:
    """The folder whose files count, or None where the source is a repository. Raises OpsError."""
    parts = urlsplit(source.place)
    if parts.password:
        raise OpsError("--dags-from: take the password out of the URL, and let git's credential helper give it")
    if parts.scheme == _S3:
        folder = work / "downloaded"
        dag_files.download(target.aws, parts.netloc, parts.path.lstrip("/"), folder)
    elif not Path(source.place).is_dir() or _is_repository(Path(source.place)):
        return None
    else:
        folder = Path(source.place)
    if source.branch is not None:
        raise OpsError(f"--branch is for a repository, and {source.place} is none")
    return folder


def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists() or (folder / "HEAD").is_file()
