"""Branches and tags of a repository, pushed to the deployment's: each by itself, so that a stopped run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ops.errors import OpsError
from ops.migrate.git import Git
from ops.migrate.plan import Planned, State, Thing

_HEADS, _TAGS, _THERE = "refs/heads/", "refs/tags/", "refs/there/"
_KIND = "branch or tag"
_DIVERGED = (
    "the deployment has other commits under this name. Where that is only the sample that it began with, or nothing "
    "that you miss: --overwrite"
)


def plan(git: Git, *, place: str, branch: str | None, target: str, read: str, overwrite: bool) -> Iterator[Planned]:
    """What there is to do about each. ``read`` is the branch that the deployment reads.

    Raises OpsError where one of the two cannot be reached, or the branch that was named is not there.
    """
    told, place = place, str(Path(place).resolve()) if Path(place).is_dir() else place
    git.run("init", "--quiet", "--bare", ".")
    git.run("fetch", "--quiet", "--", place, f"+{_HEADS}*:{_HEADS}*", f"+{_TAGS}*:{_TAGS}*", what=f"read {told}")
    git.run(
        "fetch", "--quiet", "--no-tags", target, f"+refs/*:{_THERE}*", what=f"read the deployment's repository {target}"
    )
    here = git.refs(_HEADS) | git.refs(_TAGS)
    names = sorted(each.removeprefix(_HEADS) for each in here if each.startswith(_HEADS))
    if branch is not None:
        if branch not in names:
            raise OpsError(f"{told} has no branch {branch}; it has {', '.join(names) or 'none'}")
        yield _planned(git, _HEADS + branch, _HEADS + read, target, overwrite=overwrite)
        return
    if read not in names:
        note = (
            f"the deployment reads this branch, and {told} has none of the name, but {', '.join(names) or 'none'}: "
            "give --branch, whose content then goes there, or set dags.branch"
        )
        yield Planned(kind=_KIND, name=read, state=State.REFUSED, note=note)
    for ref in sorted(here):
        yield _planned(git, ref, ref, target, overwrite=overwrite)


def _planned(git: Git, here: str, there: str, target: str, *, overwrite: bool) -> Planned:
    seen = there.replace("refs/", _THERE, 1)
    before = git.refs(seen).get(seen)
    # Only over what was looked at: who pushes in between is not overwritten.
    thing = Thing(
        kind=_KIND,
        name=there.removeprefix(_HEADS).removeprefix("refs/"),
        make=lambda: git.run("push", "--quiet", target, f"{here}:{there}", what=f"push {there}"),
        change=lambda: git.run(
            "push", "--quiet", f"--force-with-lease={there}:{before}", target, f"{here}:{there}", what=f"push {there}"
        ),
    )
    if before is None:
        return thing.planned(State.NEW, git.run("log", "-1", "--format=%h %s", here))
    if before == git.refs(here)[here]:
        return thing.planned(State.SAME)
    if git.succeeds("merge-base", "--is-ancestor", before, here):
        return thing.planned(State.NEW, f"{git.run('rev-list', '--count', f'{before}..{here}')} commits")
    if git.succeeds("merge-base", "--is-ancestor", here, before):
        return thing.planned(State.LEFT_OUT, "the deployment has all of it, and newer commits")
    return (
        thing.planned(State.CHANGED, "in the place of other commits")
        if overwrite
        else thing.planned(State.CONFLICT, _DIVERGED)
    )
